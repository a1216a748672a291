// One list of languages: what stands on the page before a catalogue, the catalogues, and who has read them.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { EARLY, LOCALES } from '../../public/nidan/languages.js'

const listed = Object.keys(JSON.parse(readFileSync(new URL('../../package/locales.json', import.meta.url))))

test('each language has a catalogue, a first word and a line about who has read it', () => {
  assert.deepEqual(LOCALES, listed)
  const catalogues = readdirSync(new URL('../../locales/', import.meta.url)).map((name) => name.replace(/\.json$/, ''))
  assert.deepEqual(catalogues.toSorted(), listed.toSorted())
  for (const [locale, word] of Object.entries(EARLY)) assert.match(word, /6/, locale)
})

test('the first word is the label that the catalogue has', () => {
  for (const locale of LOCALES) {
    const words = JSON.parse(readFileSync(new URL(`../../locales/${locale}.json`, import.meta.url)))
    assert.equal(EARLY[locale], words['phone.code-label'], locale)
  }
})
