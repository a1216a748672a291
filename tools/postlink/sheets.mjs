// The sheet as pages load it: without comments, and only with the rules that the module's screens have.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function packSheets(folder, ofSetUp, ofLogin) {
  const sheet = readFileSync(join(folder, 'nidan-flow.css'), 'utf8')
  writeFileSync(join(folder, 'nidan-login.css'), packed(withoutRules(sheet, ofLogin)))
  writeFileSync(join(folder, 'nidan-flow.css'), packed(withoutRules(sheet, ofSetUp)))
}

/** Rules of one line, of one selector, for a class or an element that the module's screens do not have. */
export function withoutRules(text, { classes, tags }) {
  const goes = (line) => {
    const whole = line.split('{')[0].trim()
    const selector = whole.replace(/\([^)]*\)/g, '')
    const named = [...selector.matchAll(/\.(nidan[\w-]*)/g)].map(([, name]) => name)
    const last = (whole.match(/ :is\(([a-z]\w*(?:, [a-z]\w*)*)\)$/) ?? selector.match(/ ([a-z]\w*)$/))?.[1].split(', ') ?? []
    const isUnused = named.some((name) => !classes.has(name)) || (last.length && !last.some((tag) => tags.has(tag)))
    return line.trim().endsWith('}') && selector.startsWith('nidan-flow') && !selector.includes(',') && isUnused
  }
  return text.split('\n').filter((line) => !goes(line)).join('\n')
}

/** Only whole lines of comments: what stands behind code on a line might be inside a string. No string of the sheet holds these characters with a space. */
export function packed(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/$\n/gm, '').replace(/^\s+/gm, '').replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':')
}
