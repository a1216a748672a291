// The sheet as pages load it: without comments, and only with the rules that the module's screens have.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `modules`: what each module shows, by the name of its sheet. */
export function packSheets(folder, modules) {
  const sheet = readFileSync(join(folder, 'nidan-flow.css'), 'utf8')
  for (const [name, shown] of Object.entries(modules)) writeFileSync(join(folder, `${name}.css`), packed(withoutValues(withoutRules(sheet, shown))))
}

/** Rules of one line for a class or an element that the module's screens do not have, alone in their `@media` or not. */
export function withoutRules(text, { classes, tags }) {
  const isUnused = (part) => {
    const named = [...part.matchAll(/\.(nidan[\w-]*)/g)].map(([, name]) => name)
    const last = part.match(/(?:^| )([a-z]\w*)$/)?.[1]
    return named.some((name) => !classes.has(name)) || (last !== undefined && !tags.has(last))
  }
  const goes = (selector) => {
    // Of alternatives without any in them: when none of them is there.
    const alternatives = selector.match(/:is\(([^():]+)\)/)?.[1].split(', ') ?? []
    return isUnused(selector.replace(/\([^)]*\)/g, '')) || (alternatives.length > 0 && alternatives.every(isUnused))
  }
  const rule = /^( *(?:@media [^{\n]+\{ )?)([^@{}\n]*nidan-flow [^{}\n]+)( \{[^{}\n]*\}(?: \})?)$/gm
  return text.replace(rule, (whole, before, selectors, after) => {
    const kept = listed(selectors).filter((selector) => !goes(selector))
    return kept.length ? before + kept.join(', ') + after : ''
  }).replace(/^@media [^{]+\{\s*\}$/gm, '')
}

/** The selectors of a list; not those inside of `:is(…)`. */
const listed = (selectors) => selectors.split(/, (?![^(]*\))/)

/** Values of the widget's own that nothing in the sheet takes; a value may take another one. */
export function withoutValues(text) {
  const less = text.replace(/^ *(--_[\w-]+): .*;$\n/gm, (whole, name) => new RegExp(`var\\(${name}[,)]`).test(text) ? whole : '')
  return less === text ? text : withoutValues(less)
}

/** Only whole lines of comments: what follows code on a line might be inside a string. No string of the sheet holds these characters with a space. */
export function packed(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/$\n/gm, '').replace(/^\s+/gm, '').replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':')
    .replaceAll(';}', '}').replaceAll(' !important', '!important')
    // In selectors only: a sum in a value needs its spaces.
    .replace(/[^{}]+\{/g, (selector) => selector.replace(/ ([>+~]) /g, '$1').replace(/="([\w-]+)"\]/g, '=$1]'))
}
