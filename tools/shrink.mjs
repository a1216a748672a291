// Takes out of a release build what no page uses: trunk runs it after the build (Trunk.toml, [[hooks]]).
//
// Leptos links streams for server functions, and wasm-bindgen's exports pin them: nobody calls them here. Exports that
// the glue does not use go (wasm-metadce decides what else goes with them), then the glue's functions that the module
// no longer imports, then long names that both sides can do without. Any surprise ends the build.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { pieces, trapping } from './wasm-file.mjs'

const folder = join(process.env.TRUNK_STAGING_DIR, 'nidan')
const locales = join(folder, 'locales')
if (process.env.TRUNK_PROFILE !== 'release') {
  // The same names, with every word.
  for (const locale of readdirSync(locales)) copyFileSync(join(locales, locale), join(locales, `login.${locale}`))
  writeKeys()
  copyFileSync(join(folder, 'nidan-flow.css'), join(folder, 'nidan-login.css'))
  process.exit(0)
}

/** The set-up and the login: two modules, of which a page loads one. */
const MODULES = ['nidan', 'nidan-login']
const FEATURES = ['--enable-bulk-memory', '--enable-sign-ext', '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int', '--enable-reference-types', '--enable-multivalue']

/** Flat code is restructured better than what the compiler wrote: 1 KB of brotli. */
const PASSES = ['--flatten', '--rereloop', '-Os', '-Oz', '--reorder-locals', '--reorder-functions']

/** Functions that end the program, and those that only they need, by their full names. */
const PANICS = [
  /^core\[\w+\]::(?:panicking::|option::(?:unwrap|expect)_failed|result::unwrap_failed|fmt::|cell::panic_)/,
  /^std\[\w+\]::(?:panicking::|thread::local::panic_)/, /^alloc\[\w+\]::(?:raw_vec::handle_error|alloc::handle_alloc_error)/,
  /^<core\[\w+\]::fmt::Formatter/, /as core\[\w+\]::(?:fmt::\w+|panic::PanicPayload)>::/,
]
/** What they would have said. */
const SAID = [
  'slice index starts at ', ' but ends at ', 'index out of bounds: the len is ', ' but the index is ', 'range start index ',
  'range end index ', ' out of range for slice of length ', 'assertion `left ', ' right` failed\n  left: ', '\n right: ',
  'cannot access a Thread Local Storage value during or after destruction: ', 'removal index (is ', ') should be < len (is ',
  'called `Option::unwrap()` on a `None` value', 'called `Result::unwrap()` on an `Err` value',
  'LazyCell instance has previously been poisoned', 'Once instance has previously been poisoned',
  'one-time initialization may not be performed recursively', '`async fn` resumed after completion',
  'RefCell already mutably borrowed', 'RefCell already borrowed', 'Hash table capacity overflow', 'capacity overflow',
  'Tried to access a reactive value that has already been disposed.', 'attempt to join into collection with len > usize::MAX',
  'mid > len', 'Arc counter overflow', 'assertion failed: psize >= size + min_overhead', 'index not found',
  'assertion failed: psize <= size + max_overhead', /(?:Dropped|Dereferenced) SendWrapper<T> variable from a thread [\w ]+\./g,
  /entity not found[a-z]+[a-z -]+[a-z().,\/ -]+/g, 'operation successful', 'cannot modify the panic hook from a panicking thread', 'panicked at ',
  'attempt to divide by zero', 'attempt to calculate the remainder with a divisor of zero', 'HMAC can take a key of any size',
  /a `digits` value over 9 is a guaranteed corruption[\w ^,]+\./g, /Unsupported [\w /]+ in Micro QR code/g, 'chunk size must be non-zero', /use of std::thread::current\(\) is not possible [\w' ]+/g,
  'failed to generate unique thread ID: bitspace exhausted', 'Attempted to initialize thread-local while it is being dropped',
  'Tried to shrink to a larger capacity', 'internal error: entered unreachable code', 'polled Feed after completion',
  'Map must not be polled after it returned `Poll::Ready`', 'a Display implementation returned an error unexpectedly',
  /Executor::spawn(?:_local)? called, but no global 'spawn(?:_local)?' function is configured\./g,
]
/** The exports that the loader imports from the glue: the widget, and the set-up of the module. */
const KEPT = ['Mounted', 'mount']
/** Words by the screens that show them, as their keys begin: a login shows these, the set-up all but the second. */
const LOGIN_WORDS = ['common.', 'confirm.', 'codes.typo', 'number.call', 'number.without', 'phone.', 'help.copy', 'help.support', 'help.summary',
  'state.', 'method.sms-name', 'method.voice-name', 'add.cop', 'trouble.', 'ended.', 'completed.']
const LOGIN_ONLY = ['login.', 'report.', 'reported.']
/** What is wrong with a number that is being typed: nobody types one at a login. */
const OF_TYPED_NUMBERS = ['empty', 'not-digits', 'too-', 'country-', 'extension', 'two-ways', 'landline', 'kind', 'invalid', 'not-now', 'resends-spent']
  .map((end) => `phone.${end}`)

/** Rules of one line, of one selector, for a class that only the other one's screens have. */
const LOGIN_STYLES = /^nidan-flow (?:\.nidan )?(?:\.nidan-(?:aside|ways)\b|button:disabled)/
const SETUP_STYLES = /^(?:nidan-flow (?:\.nidan )?)?\.nidan-(?:progress|advice|card|apps|qr|picture|key\b|codes|countries|country|begun|room|proof)/

/** Packs of help, without the day on which `cargo xtask tidy` asks for another look. */
for (const pack of readdirSync(join(folder, 'help'))) {
  rewrite(join('help', pack), (text) => JSON.stringify({ ...JSON.parse(text), expires_on: undefined }))
}

let glue, gluePath, wasmPath
for (const name of MODULES) shrink(name)
rewrite('nidan-flow.js', (loader) => minified(withHashes(joined(loader, ['files.js', 'options.js', 'page.js']), MODULES)))
// The function beside the element: for applications, whose pages load it in addition.
execFileSync('wasm-opt', [join(folder, 'nidan-mount_bg.wasm'), '-Oz', '--strip-debug', '--strip-producers', '-o', join(folder, 'nidan-mount_bg.wasm'), ...FEATURES])
rewrite('nidan-mount.js', minified)
rewrite('mount.js', (text) => minified(withHashes(joined(text, ['files.js']), ['nidan-mount'], ['nidan-flow.js'])))
for (const part of ['files.js', 'options.js', 'page.js']) rmSync(join(folder, part))
// No string of the sheet holds these characters with a space.
const sheet = readFileSync(join(folder, 'nidan-flow.css'), 'utf8')
const packed = (text) => withoutComments(text).replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':')
writeFileSync(join(folder, 'nidan-login.css'), packed(withoutRules(sheet, SETUP_STYLES)))
writeFileSync(join(folder, 'nidan-flow.css'), packed(withoutRules(sheet, LOGIN_STYLES)))
const catalogues = readdirSync(locales)
writeKeys()
for (const locale of catalogues) {
  const words = Object.entries(JSON.parse(readFileSync(join(locales, locale), 'utf8')))
  const begins = (key, starts) => starts.some((start) => key.startsWith(start))
  // The widget names words by their place; a test keeps every catalogue in the same order.
  const only = (wanted) => JSON.stringify(words.map(([key, text]) => (wanted(key) ? text : 0)))
  writeFileSync(join(locales, `login.${locale}`), only((key) => begins(key, [...LOGIN_WORDS, ...LOGIN_ONLY]) && !begins(key, OF_TYPED_NUMBERS)))
  writeFileSync(join(locales, locale), only((key) => !begins(key, LOGIN_ONLY)))
}

function shrink(name) {
  gluePath = join(folder, `${name}.js`)
  wasmPath = join(folder, `${name}_bg.wasm`)
  glue = withoutUnusedClasses(readFileSync(gluePath, 'utf8'))
  writeFileSync(wasmPath, withoutWords(readFileSync(wasmPath)))
  metadce(usedExports())
  glue = withoutUnusedImports(glue, imports())
  // Functions of the glue may have been the last callers of an export.
  metadce(usedExports())
  execFileSync('wasm-opt', [wasmPath, ...PASSES, '-o', wasmPath, ...FEATURES])
  rename(name)
  execFileSync('wasm-opt', [wasmPath, '-Oz', '--reorder-locals', '-o', wasmPath, ...FEATURES])
  writeFileSync(gluePath, minified(withSetUp(withoutRarities(glue))))
  writeFileSync(wasmPath, withoutPlaces(readFileSync(wasmPath)))
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
function rename(name) {
  const strips = ['--strip-producers', '--strip-target-features', '--strip-debug']
  const words = [wasmPath, '--minify-imports-and-exports-and-modules', ...strips, '-o', wasmPath, ...FEATURES]
  const names = JSON.parse(execFileSync('wasm-opt', words, { encoding: 'utf8' }))
  const replace = (pattern, by) => {
    const renamed = glue.replaceAll(pattern, by)
    if (renamed === glue) fail(`${pattern} is not in the glue`)
    glue = renamed
  }
  // All imports now come from a module of this name.
  replace(`"./${name}_bg.js": import0`, 'a: import0')
  for (const [, long, short] of names.imports) replace(new RegExp(`^( {8})${escape(long)}:`, 'gm'), `$1${short}:`)
  for (const [long, short] of names.exports) {
    if (long !== 'memory' || glue.includes('wasm.memory')) replace(new RegExp(`\\bwasm\\.${escape(long)}\\b`, 'g'), `wasm.${short}`)
  }
}

function escape(name) {
  return name.replaceAll('$', '\\$')
}

/** By terser; names of the module's own are shortened, names of properties are not. Nobody uses our functions as constructors. */
function minified(text) {
  return execFileSync('terser', ['--module', '--compress', 'passes=3,unsafe_methods=true,unsafe_arrows=true', '--mangle', '--ecma', '2022'], { input: text, encoding: 'utf8' })
}

function withoutRules(text, unused) {
  const goes = (line) => {
    const selector = line.split('{')[0].trim()
    return line.trim().endsWith('}') && unused.test(selector) && !selector.replace(/\([^)]*\)/g, '').includes(',')
  }
  return text.split('\n').filter((line) => !goes(line)).join('\n')
}

/** Only whole lines: what stands behind code on a line might be inside a string. */
function withoutComments(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/$\n/gm, '').replace(/^\s+/gm, '')
}

/** A script with its other parts inside, in the order in which they need each other: one request instead of one after the other. */
function joined(script, parts) {
  const imports = /^import \{.*\} from '\.\/([\w-]+\.js)'\n/gm
  const texts = parts.map((name) => readFileSync(join(folder, name), 'utf8'))
  for (const [, name] of [...texts, script].join('').matchAll(imports)) if (!parts.includes(name)) fail(`${name} is not joined`)
  return [...texts.map((text) => text.replaceAll(/^export /gm, '')), script].map((text) => text.replaceAll(imports, '')).join('')
}

/** What is run is checked by the browser before it runs (W3C Subresource Integrity). */
function withHashes(script, modules, others = []) {
  const empty = 'const HASHES = {}'
  if (!script.includes(empty)) fail('there is no place for the hashes')
  const code = [...modules.flatMap((name) => [`${name}.js`, `${name}_bg.wasm`]), ...others]
  return script.replace(empty, `const HASHES = ${JSON.stringify(Object.fromEntries(code.map((name) => [name, hash(name)])))}`)
}

function hash(name) {
  return `sha256-${createHash('sha256').update(readFileSync(join(folder, name))).digest('base64')}`
}

/** For hosts with words of their own: which key stands at which place. */
function writeKeys() {
  writeFileSync(join(locales, 'keys.json'), JSON.stringify(Object.keys(JSON.parse(readFileSync(join(locales, 'en.json'), 'utf8')))))
}

/** What only words of panics need is short, and what only browsers without this module's features need is gone. */
function withoutRarities(text) {
  const print = /^function debugString\(val\) \{$[\s\S]*?^\}$/m
  const encoder = /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{$[\s\S]*?^\}$/m
  if (!print.test(text) || !encoder.test(text)) fail('the glue has no debugString or no encodeInto')
  return text.replace(print, 'const debugString = String').replace(encoder, '')
}

/** One way to set the module up, the one that the loader takes; wasm-bindgen's glue has several, with warnings. */
function withSetUp(text) {
  const exported = /^export \{ initSync, __wbg_init as default \};$/m
  if (!exported.test(text) || !text.includes('function __wbg_finalize_init(instance, module)')) fail('the glue sets up another way')
  return text.replace(exported, `export default async ({ module_or_path: fetched }) => {
    const answer = await fetched
    const imports = __wbg_get_imports()
    // Servers that do not know the type of wasm are slower, and work. An error page does not compile.
    const made = await (answer.headers.get('Content-Type') === 'application/wasm'
      ? WebAssembly.instantiateStreaming(answer, imports)
      : answer.arrayBuffer().then((bytes) => WebAssembly.instantiate(bytes, imports)))
    __wbg_finalize_init(made.instance, made.module)
  }`)
}

/**
 * The tasks of the streams stay in the table of functions when the exports that start them are gone: a call would trap.
 * A panic traps at once as well, without words: nothing then needs those who put it into words, and a module that has none
 * tells visitors nothing. Builds for development keep them. Together 4 KB of brotli.
 */
function withoutWords(bytes) {
  const isStream = (name) => name.includes('future_to_promise') && name.includes('wasm_streams')
  const { module, trapped } = trapping(bytes, (name) => isStream(name) || PANICS.some((kind) => kind.test(name)))
  if (trapped < 20) fail('no tasks of streams and no panics: are they called differently now?')
  return module
}

/**
 * What panics would have said: where in which source, and the texts of the standard library and of other crates. Nobody
 * reads them any more, and two machines do not have their sources in the same place. Nothing in the module moves.
 */
function withoutPlaces(bytes) {
  const parts = pieces(bytes)
  const text = bytes.toString('latin1')
  const path = String.raw`(?:\/[\w./-]*\/registry\/src\/[^/]+\/|\/rustc\/[0-9a-f]{40}\/|\/rust\/deps\/|src\/|crates\/)[\w./-]+?\.rs`
  const whole = new RegExp(`^${path}\\0?$`)
  let places = 0
  for (const { address, start, end } of parts) {
    // `core::panic::Location`: a path, its length, a line and a column.
    for (let at = start + ((4 - (address % 4)) % 4); at + 16 <= end; at += 4) {
      const [pointer, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
      const home = parts.find((part) => pointer >= part.address && pointer + length <= part.address + part.end - part.start)
      if (!home || length > 300) continue
      const begin = home.start + pointer - home.address
      if (!whole.test(text.slice(begin, begin + length))) continue
      places += 1
      bytes.fill(0, at, at + 16)
    }
  }
  if (places === 0) fail('no places of panics: is their layout another one?')
  const blanks = (found) => '\0'.repeat(found.length)
  return Buffer.from([new RegExp(path, 'g'), ...SAID].reduce((rest, said) => rest.replaceAll(said, blanks), bytes.toString('latin1')), 'latin1')
}
