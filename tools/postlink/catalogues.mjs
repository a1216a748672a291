// Catalogues as pages load them: words by place, and only those that the module's screens have.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** As they are, under the names that a release has. */
export function copyCatalogues(folder) {
  for (const locale of readdirSync(folder)) copyFileSync(join(folder, locale), join(folder, `login.${locale}`))
  writeKeys(folder)
}

/** The widget names words by their place; a test keeps every catalogue in the same order. */
export function packCatalogues(folder, { keys: ofSetUp }, { keys: ofLogin }) {
  const catalogues = readdirSync(folder)
  writeKeys(folder)
  for (const locale of catalogues) {
    const catalogue = JSON.parse(readFileSync(join(folder, locale), 'utf8'))
    writeFileSync(join(folder, `login.${locale}`), only(catalogue, ofLogin))
    writeFileSync(join(folder, locale), only(catalogue, ofSetUp))
  }
}

/** The texts by their places; 0 where the module never shows one. */
export function only(catalogue, keys) {
  return JSON.stringify(Object.entries(catalogue).map(([key, text]) => (keys.has(key) ? text : 0)))
}

/** For hosts with words of their own: which key stands at which place. */
function writeKeys(folder) {
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(Object.keys(JSON.parse(readFileSync(join(folder, 'en.json'), 'utf8')))))
}
