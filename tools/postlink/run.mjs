// The programs that passes call. All of them are on PATH when trunk runs its hook.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What every browser that the widget supports can do. */
const FEATURES = ['--enable-bulk-memory', '--enable-sign-ext', '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int', '--enable-reference-types', '--enable-multivalue']

/** Ends the build: a pass that finds nothing of what it is for may have left a module that does not run. */
export function fail(why) {
  throw new Error(`postlink: ${why}`)
}

/** The module after Binaryen's passes; `said` is what the program printed. */
export function optimized(wasm, passes) {
  return throughFile(wasm, (file) => execFileSync('wasm-opt', [file, ...passes, '-o', file, ...FEATURES], { encoding: 'utf8' }))
}

/** The module without what `reached` exports do not need (Binaryen's meta-DCE). */
export function reachable(wasm, exported, reached) {
  const graph = [
    { name: 'page', root: true, reaches: reached },
    ...exported.map((name) => ({ name, export: name, reaches: [] })),
  ]
  return throughFile(wasm, (file) => {
    writeFileSync(`${file}.json`, JSON.stringify(graph))
    const words = [file, '--graph-file', `${file}.json`, '-o', file, ...FEATURES]
    execFileSync('wasm-metadce', words, { stdio: ['ignore', 'ignore', 'inherit'] })
  }).wasm
}

/** The script after terser; names of the module's own are shortened, names of properties are not. Nobody uses our functions as constructors. */
export function minified(text) {
  const words = ['--module', '--compress', 'passes=3,unsafe_methods=true,unsafe_arrows=true', '--mangle', '--ecma', '2022']
  return execFileSync('terser', words, { input: text, encoding: 'utf8' })
}

function throughFile(wasm, work) {
  const folder = mkdtempSync(join(tmpdir(), 'postlink-'))
  const file = join(folder, 'module.wasm')
  try {
    writeFileSync(file, wasm)
    const said = work(file)
    return { wasm: readFileSync(file), said }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
