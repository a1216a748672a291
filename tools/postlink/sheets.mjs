// The sheet as pages load it: without comments, and only with the rules that the module's screens have.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function packSheets(folder, ofSetUp, ofLogin) {
  const sheet = readFileSync(join(folder, 'nidan-flow.css'), 'utf8')
  writeFileSync(join(folder, 'nidan-login.css'), packed(withoutRules(sheet, ofLogin.classes)))
  writeFileSync(join(folder, 'nidan-flow.css'), packed(withoutRules(sheet, ofSetUp.classes)))
}

/** Rules of one line, of one selector, for a class that the module's screens do not have. */
export function withoutRules(text, classes) {
  const goes = (line) => {
    const selector = line.split('{')[0].replace(/\([^)]*\)/g, '')
    const named = [...selector.matchAll(/\.(nidan[\w-]*)/g)].map(([, name]) => name)
    return line.trim().endsWith('}') && !selector.includes(',') && named.some((name) => !classes.has(name))
  }
  return text.split('\n').filter((line) => !goes(line)).join('\n')
}

/** Only whole lines of comments: what stands behind code on a line might be inside a string. No string of the sheet holds these characters with a space. */
export function packed(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/$\n/gm, '').replace(/^\s+/gm, '').replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':')
}
