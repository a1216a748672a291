// Takes out of a release build what no page uses: trunk runs it after the build (Trunk.toml, [[hooks]]).
//
// What the compiler and the linker can do, they do: the standard library is rebuilt without words for panics (cargo xtask
// says how). What is left is here, a file per pass; any surprise ends the build.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'

import { copyCatalogues, packCatalogues } from './catalogues.mjs'
import * as denserCode from './passes/denser-code.mjs'
import * as modernGlue from './passes/modern-glue.mjs'
import * as oneStart from './passes/one-start.mjs'
import * as shortNames from './passes/short-names.mjs'
import * as unusedClasses from './passes/unused-classes.mjs'
import * as unusedExports from './passes/unused-exports.mjs'
import * as unusedTasks from './passes/unused-tasks.mjs'
import { checkRandomness } from './randomness.mjs'
import { fail } from './run.mjs'
import { packScripts } from './scripts.mjs'
import { packSheets } from './sheets.mjs'
import { checkSources, used, usedByGuide } from './used.mjs'
import { functionNames, withoutNotes } from './wasm-file.mjs'

/** The set-up, the login and the page on which methods are managed: a page loads one. */
const MODULES = ['nidan', 'nidan-login', 'nidan-manage']
const PASSES = [unusedClasses, unusedTasks, modernGlue, unusedExports, shortNames, denserCode, oneStart]

const folder = join(process.env.TRUNK_STAGING_DIR, 'nidan')
const locales = join(folder, 'locales')
if (process.env.TRUNK_PROFILE === 'release') release()
else {
  // The same names, with every word and every rule.
  copyCatalogues(locales, usedByGuide())
  for (const name of MODULES.slice(1)) copyFileSync(join(folder, 'nidan-flow.css'), join(folder, `${name}.css`))
}

function release() {
  for (const name of MODULES) shrink(name)
  packScripts(folder, MODULES)
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  checkRandomness(Object.fromEntries(scripts.map((name) => [name, readFileSync(join(folder, name), 'utf8')])))
  checkSources()
  const [setUp, login, manage] = MODULES.map(used)
  packSheets(folder, { 'nidan-flow': setUp, 'nidan-login': login, 'nidan-manage': manage })
  packCatalogues(locales, { '': setUp, 'login.': login, 'manage.': manage }, usedByGuide())
  // Packs of help, without the day on which `cargo xtask tidy` asks for another look.
  for (const pack of readdirSync(join(folder, 'help'))) {
    rewrite(join('help', pack), (text) => JSON.stringify({ ...JSON.parse(text), expires_on: undefined }))
  }
}

function shrink(name) {
  const [gluePath, wasmPath] = [join(folder, `${name}.js`), join(folder, `${name}_bg.wasm`)]
  let parts = { name, glue: readFileSync(gluePath, 'utf8'), wasm: readFileSync(wasmPath) }
  const panics = [...functionNames(parts.wasm).values()].filter((one) => /^core\[\w+\]::panicking::panic_fmt/.test(one))
  if (panics.length) fail('its panics have words: a release is built by `cargo xtask dist` (or `demo`), not by trunk alone')
  for (const { name: pass, pass: run } of PASSES) {
    const before = parts
    parts = run(parts)
    if (process.env.NIDAN_SAVINGS) console.error(`  ${name}: ${pass}: ${weight(before) - weight(parts)} bytes of brotli`)
  }
  writeFileSync(gluePath, parts.glue)
  writeFileSync(wasmPath, parts.wasm)
}

function weight({ glue, wasm }) {
  return brotliCompressSync(glue).length + brotliCompressSync(withoutNotes(wasm)).length
}

function rewrite(name, change) {
  const path = join(folder, name)
  writeFileSync(path, change(readFileSync(path)))
}
