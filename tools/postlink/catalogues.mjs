// Catalogues as pages load them: words by place, and only those that the module's screens have.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Forms that a text has beside its own, for the counts that ask for them (Unicode CLDR, plural rules). */
const FORM = /^(.+)\.(zero|one|two|few|many)$/

/** Under the names that a release has, with all words. */
export function copyCatalogues(folder, ofGuide) {
  const all = { has: () => true }
  pack(folder, { '': all, 'login.': all, 'manage.': all }, ofGuide)
}

/**
 * The widget names words by their place; a test keeps every catalogue in the same order. `modules`: what each module shows, by
 * what its catalogues' names begin with.
 */
export function packCatalogues(folder, modules, ofGuide) {
  pack(folder, Object.fromEntries(Object.entries(modules).map(([prefix, { keys }]) => [prefix, keys])), ofGuide)
}

function pack(folder, modules, ofGuide) {
  const catalogues = readdirSync(folder).map((locale) => [locale, readTexts(readFileSync(join(folder, locale), 'utf8'))])
  for (const [locale, texts] of catalogues) {
    for (const [prefix, keys] of Object.entries(modules)) writeFileSync(join(folder, prefix + locale), only(texts, keys))
    writeFileSync(join(folder, `guide.${locale}`), named(texts, ofGuide))
  }
  // For hosts with words of their own: which key is at which place.
  const english = Object.fromEntries(catalogues)['en.json']
  writeFileSync(join(folder, 'keys.json'), JSON.stringify([...english.keys()]))
}

/** A catalogue's texts by key: a text, or an object of its forms. */
export function readTexts(json) {
  const texts = new Map()
  for (const [key, text] of Object.entries(JSON.parse(json))) {
    const [, of, form] = FORM.exec(key) ?? []
    // `login.few` is no form of a `login`.
    if (!texts.has(of)) texts.set(key, text)
    else if (typeof texts.get(of) === 'string') texts.set(of, { other: texts.get(of), [form]: text })
    else texts.get(of)[form] = text
  }
  return texts
}

/** The texts by their places; 0 where the module never shows one. */
export function only(texts, keys) {
  const places = [...texts].map(([key, text]) => (keys.has(key) ? text : 0))
  return JSON.stringify(places.slice(0, places.findLastIndex(Boolean) + 1))
}

/** The texts that a script names, by their keys. */
export function named(texts, keys) {
  for (const key of keys) if (!texts.has(key)) throw new Error(`the guide names ${key}, and no catalogue has it`)
  return JSON.stringify(Object.fromEntries([...texts].filter(([key]) => keys.has(key))))
}
