// The sheet as pages load it: without comments, and only with the rules that the module's screens have.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `modules`: what each module shows, by the name of its sheet. */
export function packSheets(folder, modules) {
  const sheet = readFileSync(join(folder, 'nidan-flow.css'), 'utf8')
  for (const [name, shown] of Object.entries(modules)) writeFileSync(join(folder, `${name}.css`), packed(withoutRules(sheet, shown)))
}

/** Rules of one line, of one selector, for a class or an element that the module's screens do not have. */
export function withoutRules(text, { classes, tags }) {
  const isUnused = (part) => {
    const named = [...part.matchAll(/\.(nidan[\w-]*)/g)].map(([, name]) => name)
    const last = part.match(/(?:^| )([a-z]\w*)$/)?.[1]
    return named.some((name) => !classes.has(name)) || (last !== undefined && !tags.has(last))
  }
  const goes = (line) => {
    const whole = line.split('{')[0].trim()
    const selector = whole.replace(/\([^)]*\)/g, '')
    if (!line.trim().endsWith('}') || !selector.startsWith('nidan-flow') || selector.includes(',')) return false
    // Of alternatives without any in them: when none of them is there.
    const alternatives = whole.match(/:is\(([^():]+)\)/)?.[1].split(', ') ?? []
    return isUnused(selector) || (alternatives.length > 0 && alternatives.every(isUnused))
  }
  return text.split('\n').filter((line) => !goes(line)).join('\n')
}

/** Only whole lines of comments: what follows code on a line might be inside a string. No string of the sheet holds these characters with a space. */
export function packed(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/$\n/gm, '').replace(/^\s+/gm, '').replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':')
    .replaceAll(';}', '}').replaceAll(' !important', '!important')
    // In selectors only: a sum in a value needs its spaces.
    .replace(/[^{}]+\{/g, (selector) => selector.replace(/ ([>+~]) /g, '$1').replace(/="([\w-]+)"\]/g, '=$1]'))
}
