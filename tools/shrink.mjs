// Takes out of a release build what no page uses: trunk runs it after the build (Trunk.toml, [[hooks]]).
//
// Leptos links streams for server functions, and wasm-bindgen's exports pin them: nobody calls them here. Exports that
// the glue does not use go (wasm-metadce decides what else goes with them), then the glue's functions that the module
// no longer imports, then long names that both sides can do without. Any surprise ends the build.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

if (process.env.TRUNK_PROFILE !== 'release') process.exit(0)

const folder = join(process.env.TRUNK_STAGING_DIR, 'nidan')
const gluePath = join(folder, 'nidan.js')
const wasmPath = join(folder, 'nidan_bg.wasm')
const FEATURES = ['--enable-bulk-memory', '--enable-sign-ext', '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int', '--enable-reference-types', '--enable-multivalue']

/** Flat code is restructured better than what the compiler wrote: 1 KB of brotli. */
const PASSES = ['--flatten', '--rereloop', '-Oz', '-Oz', '--reorder-locals', '--reorder-functions']

/** The exports that the loader imports from the glue: the widget, and the set-up of the module. */
const KEPT = ['Mounted', 'mount']
let glue = withoutUnusedClasses(readFileSync(gluePath, 'utf8'))

metadce(usedExports())
glue = withoutUnusedImports(glue, imports())
// Functions of the glue may have been the last callers of an export.
metadce(usedExports())
execFileSync('wasm-opt', [wasmPath, ...PASSES, '-o', wasmPath, ...FEATURES])
rename()
execFileSync('wasm-opt', [wasmPath, '-Oz', '--reorder-locals', '-o', wasmPath, ...FEATURES])
writeFileSync(gluePath, minified(glue))
rewrite('nidan-flow.js', minified)
writeFileSync(wasmPath, withoutPaths(readFileSync(wasmPath, 'latin1')), 'latin1')
// No string of the sheet holds these characters with a space.
rewrite('nidan-flow.css', (text) => withoutComments(text).replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':'))
for (const locale of readdirSync(join(folder, 'locales'))) {
  // The widget names words by their place; a test keeps every catalogue in the same order.
  rewrite(join('locales', locale), (text) => JSON.stringify(Object.values(JSON.parse(text))))
}

function rewrite(name, change) {
  const path = join(folder, name)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

function fail(why) {
  console.error(`shrink: ${why}`)
  process.exit(1)
}

function module() {
  return new WebAssembly.Module(readFileSync(wasmPath))
}

function imports() {
  return new Set(WebAssembly.Module.imports(module()).map(({ name }) => name))
}

/** Classes of other crates that the glue exports: no page asks for them. */
function withoutUnusedClasses(text) {
  const names = [...text.matchAll(/^export class (\w+) \{$/gm)].map(([, name]) => name).filter((name) => !KEPT.includes(name))
  for (const name of names) {
    text = text
      .replace(new RegExp(`^export class ${name} \\{$[\\s\\S]*?^\\}$\\n`, 'm'), '')
      .replace(new RegExp(`^if \\(Symbol\\.dispose\\) ${name}\\..*$\\n`, 'm'), '')
      .replace(new RegExp(`^const ${name}Finalization = [\\s\\S]*?;\\n(?=\\n|const|function)`, 'm'), '')
    if (text.includes(name)) fail(`${name} is still in the glue`)
  }
  return text
}

function usedExports() {
  return new Set([...glue.matchAll(/\bwasm\.([\w$]+)/g)].map(([, name]) => name))
}

function metadce(used) {
  const graphPath = join(folder, 'graph.json')
  const exported = WebAssembly.Module.exports(module()).map(({ name }) => name)
  const reached = exported.filter((name) => used.has(name) || name === 'memory')
  const graph = [
    { name: 'page', root: true, reaches: reached },
    ...exported.map((name) => ({ name, export: name, reaches: [] })),
  ]
  writeFileSync(graphPath, JSON.stringify(graph))
  execFileSync('wasm-metadce', [wasmPath, '--graph-file', graphPath, '-o', wasmPath, ...FEATURES], { stdio: ['ignore', 'ignore', 'inherit'] })
  rmSync(graphPath)
  execFileSync('wasm-opt', [wasmPath, '-Os', '--converge', '-o', wasmPath, ...FEATURES])
}

/** The functions that the glue offers to the module: one property each, in wasm-bindgen's own layout. */
function withoutUnusedImports(text, wanted) {
  const property = /^ {8}(__wb[\w$]+): [\s\S]*?(?=^ {8}__wb|^ {4}\};)/gm
  let offered = 0
  text = text.replace(property, (whole, name) => {
    offered += 1
    return wanted.has(name) ? whole : ''
  })
  if (offered < wanted.size) fail(`the glue offers ${offered} functions, the module wants ${wanted.size}`)
  for (const name of wanted) if (!text.includes(`${name}:`)) fail(`${name} is missing in the glue`)
  return text
}

/** Imports and exports by short names: the hashes in the long ones do not compress. */
function rename() {
  const strips = ['--strip-producers', '--strip-target-features', '--strip-debug']
  const words = [wasmPath, '--minify-imports-and-exports-and-modules', ...strips, '-o', wasmPath, ...FEATURES]
  const names = JSON.parse(execFileSync('wasm-opt', words, { encoding: 'utf8' }))
  const replace = (pattern, by) => {
    const renamed = glue.replaceAll(pattern, by)
    if (renamed === glue) fail(`${pattern} is not in the glue`)
    glue = renamed
  }
  // All imports now come from a module of this name.
  replace('"./nidan_bg.js": import0', 'a: import0')
  for (const [, long, short] of names.imports) replace(new RegExp(`^( {8})${escape(long)}:`, 'gm'), `$1${short}:`)
  for (const [long, short] of names.exports) {
    if (long !== 'memory' || glue.includes('wasm.memory')) replace(new RegExp(`\\bwasm\\.${escape(long)}\\b`, 'g'), `wasm.${short}`)
  }
}

function escape(name) {
  return name.replaceAll('$', '\\$')
}

/** By terser; names of the module's own are shortened, names of properties are not. */
function minified(text) {
  return execFileSync('terser', ['--module', '--compress', 'passes=2', '--mangle', '--ecma', '2022'], { input: text, encoding: 'utf8' })
}

/** Only whole lines: what stands behind code on a line might be inside a string. */
function withoutComments(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/$\n/gm, '').replace(/^\s+/gm, '')
}

/**
 * Where the builder keeps the sources of other crates: panics would tell it to every visitor, and two machines would
 * not build the same bytes. Blanks of the same length: nothing in the module moves.
 */
function withoutPaths(bytes) {
  return bytes.replace(/\/[\w./-]*\/(?:registry\/src\/[^/]+|rustc\/[0-9a-f]{40})\/[\w./-]+?\.rs|\/rustc\/[0-9a-f]{40}\/[\w./-]+?\.rs/g,
    (path) => ' '.repeat(path.length))
}
