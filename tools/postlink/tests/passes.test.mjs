// Each pass on a piece of what it is for, and on something that it must not take.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { named, only, readTexts } from '../catalogues.mjs'
import { pass as denserCode } from '../passes/denser-code.mjs'
import { forNewBrowsers } from '../passes/modern-glue.mjs'
import { withOneStart } from '../passes/one-start.mjs'
import { withNames } from '../passes/short-names.mjs'
import { pass as withoutUnusedClasses } from '../passes/unused-classes.mjs'
import { withoutUnusedImports } from '../passes/unused-exports.mjs'
import { pass as withoutUnusedTasks } from '../passes/unused-tasks.mjs'
import { joined, withHashes } from '../scripts.mjs'
import { packed, withoutRules, withoutValues } from '../sheets.mjs'
import { checkRandomness } from '../randomness.mjs'
import { checkSources, classesIn, classesOfGuide, constant, keysIn, tagsIn, tagsOfGuide, used, usedByGuide } from '../used.mjs'
import { firstGlobal, functionNames, withoutNotes } from '../wasm-file.mjs'

const leb = (value) => (value < 128 ? [value] : [(value % 128) | 128, ...leb(Math.floor(value / 128))])
const section = (id, body) => [id, ...leb(body.length), ...body]
const text = (words) => [...leb(words.length), ...Buffer.from(words)]

/** A module with a function for each name; each answers 7. */
function moduleOf(names) {
  const body = [0x00, 0x41, 0x07, 0x0b]
  const list = (entries) => [...leb(entries.length), ...entries.flat()]
  const named = list(names.map((name, at) => [...leb(at), ...text(name)]))
  return Buffer.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 0, 1, 0x7f]),
    ...section(3, list(names.map(() => [0]))),
    ...section(7, list(names.map((_, at) => [...text(`f${at}`), 0, ...leb(at)]))),
    ...section(10, list(names.map(() => [body.length, ...body]))),
    ...section(0, [...text('name'), 1, ...leb(named.length), ...named]),
  ])
}

const run = (wasm, name) => new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports[name]()

test('tasks of streams trap, and nothing else does', () => {
  const names = ['wasm_streams::future_to_promise::<1>', 'wasm_bindgen_futures::future_to_promise', 'nidan::run']
  const { wasm } = withoutUnusedTasks({ wasm: moduleOf(names) })
  assert.throws(() => run(wasm, 'f0'), /unreachable/)
  assert.equal(run(wasm, 'f1'), 7)
  assert.equal(run(wasm, 'f2'), 7)
  assert.throws(() => withoutUnusedTasks({ wasm: moduleOf(['nidan::run']) }), /no tasks of streams/)
})

test('code is made denser only where the stack comes first', () => {
  const withGlobal = (...number) => Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(6, [1, 0x7f, 1, 0x41, ...number, 0x0b])])
  assert.equal(firstGlobal(withGlobal(0x80, 0x80, 0xc0, 0x00)), 1_048_576)
  assert.equal(firstGlobal(withGlobal(0x7f)), -1)
  assert.equal(firstGlobal(moduleOf(['run'])), undefined)
  assert.throws(() => denserCode({ wasm: withGlobal(0xf0, 0x88, 0xc0, 0x00) }), /begins at 1049712/)
})

test('names are read, and go with the notes', () => {
  const wasm = moduleOf(['first', 'second'])
  assert.deepEqual([...functionNames(wasm).values()], ['first', 'second'])
  const bare = withoutNotes(wasm)
  assert.ok(bare.length < wasm.length)
  assert.equal(run(bare, 'f1'), 7)
})

const GLUE = `export class IntoUnderlyingSink {
    close() {}
}
if (Symbol.dispose) IntoUnderlyingSink.prototype[Symbol.dispose] = IntoUnderlyingSink.prototype.free;
export class Mounted {
    free() { wasm.__wbg_mounted_free(0) }
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_now_1234: function() { return 1 },
        __wbg_print_5678: function() {
            print()
        },
    };
    return { "./nidan_bg.js": import0 };
}
const IntoUnderlyingSinkFinalization = (typeof FinalizationRegistry === 'undefined')
    ? {}
    : new FinalizationRegistry(ptr => wasm.__wbg_sink_free(ptr, 1));

const cachedTextEncoder = new TextEncoder();
if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function () {}
}
function __wbg_finalize_init(instance, module) { wasm = instance.exports }
export { initSync, __wbg_init as default };
`

test('classes that no page asks for go, with all that is theirs', () => {
  const { glue } = withoutUnusedClasses({ glue: GLUE })
  assert.ok(!glue.includes('IntoUnderlyingSink'))
  assert.ok(glue.includes('export class Mounted {'))
})

test('functions that the module does not import go; one that it does must be there', () => {
  const less = withoutUnusedImports(GLUE, new Set(['__wbg_now_1234']))
  assert.ok(less.includes('__wbg_now_1234:') && !less.includes('__wbg_print_5678'))
  assert.throws(() => withoutUnusedImports(GLUE, new Set(['__wbg_gone_1'])), /missing/)
})

test('both sides get the same short names', () => {
  const names = { imports: [['./nidan_bg.js', '__wbg_now_1234', 'a'], ['./nidan_bg.js', '__wbg_print_5678', 'b']], exports: [['__wbg_mounted_free', 'c']] }
  const short = withNames(GLUE, 'nidan', names)
  assert.ok(short.includes('        a: function() { return 1 }') && short.includes('wasm.c(0)') && short.includes('a: import0'))
  assert.throws(() => withNames(GLUE, 'nidan', { imports: [['', '__wbg_gone', 'a']], exports: [] }), /is not in the glue/)
})

test('one start is left, and it compiles what the loader fetched', () => {
  const one = withOneStart(GLUE)
  assert.ok(!one.includes('initSync') && !one.includes('encodeInto') && one.includes('export default async'))
  assert.throws(() => withOneStart('export default 1'), /another way/)
})

/** As wasm-bindgen writes it. */
const OLD_GLUE = `
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}
function passStringToWasm0(arg, malloc, realloc) {
    throw new Error('long');
}
function decodeText(bytes) {
    throw new Error('long');
}
const Finalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.free(ptr, 1));
if (Symbol.dispose) Mounted.prototype[Symbol.dispose] = Mounted.prototype.free;
const imports = {
        __wbg_instanceof_Window_5cf453f5639aa1a2: function(arg0) {
            let result;
            try {
                result = arg0 instanceof Window;
            } catch (_) {
                result = false;
            }
            const ret = result;
            return ret;
        },
        __wbg_static_accessor_GLOBAL_THIS_003ee833af9699fc: function() {
            const ret = typeof globalThis === 'undefined' ? undefined : globalThis;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
        __wbg_static_accessor_SELF_53bb20457401453d: function() {
            const ret = typeof self === 'undefined' ? undefined : self;
            return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
        },
};
const pass = (ret) => passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
`

test('the glue for new browsers hands texts over as before, in a memory that grows', () => {
  const glue = forNewBrowsers(OLD_GLUE)
  for (const gone of ['typeof', 'realloc', 'dispose', 'try {', 'detached']) assert.ok(!glue.includes(gone), gone)
  const memory = new WebAssembly.Memory({ initial: 1 })
  let end = 0
  const wasm = {
    memory,
    __wbindgen_malloc(length) {
      end += length
      while (end > memory.buffer.byteLength) memory.grow(1)
      return end - length
    },
  }
  const read = new Function('wasm', 'Mounted', 'addToExternrefTable0', 'Window', `
    let cachedDataViewMemory0 = null, cachedUint8ArrayMemory0 = null, WASM_VECTOR_LEN = 0
    const cachedTextEncoder = new TextEncoder(), cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
    ${glue}
    return {
      imports,
      view: getDataViewMemory0,
      again: (text) => { const at = pass(text); return decodeText(getUint8ArrayMemory0().subarray(at, at + WASM_VECTOR_LEN)) },
    }`)(wasm, function Mounted() {}, (value) => value, Map)
  for (const text of ['', 'abc', '二段', '\uFEFFmark', 'a🦊', 'x'.repeat(200_000), '字'.repeat(50_000)]) {
    assert.equal(read.again(text), text)
    assert.equal(read.view().byteLength, memory.buffer.byteLength)
  }
  const [instance, global, self] = Object.values(read.imports)
  assert.deepEqual([instance(new Map()), instance({}), global() === globalThis, self()], [true, false, true, 0])
  assert.throws(() => forNewBrowsers('nothing'), /the glue has no/)
})

test('a script takes its parts in, and every part that it imports', () => {
  const files = { 'a.js': "import { b } from './b.js'\nb()\n", 'b.js': 'export const b = 1\n' }
  assert.equal(joined((name) => files[name], 'a.js', ['b.js']), 'const b = 1\nb()\n')
  assert.throws(() => joined((name) => files[name], 'a.js', []), /b.js is not joined/)
  assert.throws(() => withHashes('nothing', {}), /no place/)
  assert.equal(withHashes('const HASHES = {}', { a: 'x' }), 'const HASHES = {"a":"x"}')
})

test('a rule goes with a class or an element that the module does not have, and no other', () => {
  const sheet = 'nidan-flow .nidan-qr { a: b; }\nnidan-flow :is(.nidan-qr, p) { c: d; }\nnidan-flow .nidan-keys { e: f; }\n'
  assert.equal(withoutRules(sheet, { classes: new Set(['nidan-keys']), tags: new Set(['p']) }).trimStart(), sheet.split('\n').slice(1).join('\n'))
  const tags = 'nidan-flow .nidan h3 { a: b; }\nnidan-flow .nidan :is(h3, p) { a: b; }\nnidan-flow .nidan :is(button, a.x):hover { a: b; }\n  to { rotate: 1turn; }'
  assert.equal(withoutRules(tags, { classes: new Set(['nidan']), tags: new Set(['p']) }).trimStart(), tags.split('\n').slice(1).join('\n'))
  const shown = { classes: new Set(['nidan', 'nidan-code']), tags: new Set(['p']) }
  const lists = 'nidan-flow .nidan-code p, nidan-flow .nidan-qr :is(a, p), .nidan-tel ::slotted(input), ::slotted(input) { a: b; }'
  assert.equal(withoutRules(lists, shown), 'nidan-flow .nidan-code p, ::slotted(input) { a: b; }')
  const media = '@media print { nidan-flow .nidan-qr { a: b; } }\n@media (x) {\n  nidan-flow .nidan-qr { a: b; }\n}\n@media (y) {\n  nidan-flow .nidan p { a: b; }\n}'
  assert.equal(withoutRules(media, shown).trim(), '@media (y) {\n  nidan-flow .nidan p { a: b; }\n}')
  const values = 'nidan-flow {\n  --_a: 1px;\n  --_b: var(--_a);\n  --_c: 2px;\n}\nnidan-flow p { margin: var(--_c); }'
  assert.equal(withoutValues(values), 'nidan-flow {\n  --_c: 2px;\n}\nnidan-flow p { margin: var(--_c); }')
  assert.deepEqual([...tagsIn('Title = "1h2;part=title" Lead = "1p", element("path")')], ['h2', 'p', 'path'])
  assert.equal(packed('/* why */\n  a {\n  b: c;\n}\n'), 'a{b:c}')
  assert.equal(packed('a > b + c[d="e"] {\n  f: calc(1em + 2px) !important;\n  g: "x > y";\n}\n'), 'a>b+c[d=e]{f:calc(1em + 2px)!important;g:"x > y"}')
})

test('words and classes are those that the sources name', () => {
  const messages = '    LoginTitle = "login.title",\n    CodesTitle = "codes.title",\n'
  assert.deepEqual([...keysIn('self.title(Msg::LoginTitle); Msg::Other', messages)], ['login.title'])
  assert.deepEqual(classesIn('"2p;class=nidan-help;role=status" set("class", "nidan-country")'), ['nidan-help', 'nidan-country'])
  assert.equal(constant('pub const CARD: Card = Card { name: Msg::A };\nconst WAY: Msg = Msg::B;', 'WAY'), 'const WAY: Msg = Msg::B;')
  const texts = readTexts('{"a.b": "x", "c.d": "{n} ys", "c.d.one": "one y", "c.d.few": "few ys", "e.few": "z"}')
  assert.equal(only(texts, new Set(['a.b'])), '["x"]')
  assert.equal(only(texts, new Set(['c.d'])), '[0,{"other":"{n} ys","one":"one y","few":"few ys"}]')
  assert.equal(only(texts, new Set(['e.few'])), '[0,0,"z"]')
})

test('a login has its own words and none of a number that is being typed', () => {
  const { keys, classes } = used('nidan-login')
  for (const key of ['login.title', 'phone.sms-sent', 'common.back', 'login.way-sms']) assert.ok(keys.has(key), key)
  for (const key of ['phone.too-short', 'codes.title', 'method.sms-what']) assert.ok(!keys.has(key), key)
  assert.ok(classes.has('nidan-aside') && !classes.has('nidan-qr'))
  assert.ok(used('nidan').keys.has('method.sms-what') && used('nidan').classes.has('nidan-country'))
})

test('the guide has its own words, by their keys, and no module carries them', () => {
  const keys = usedByGuide()
  for (const key of ['guide.off', 'app.note-aegis', 'method.sms-weaknesses', 'login.summary', 'phone.wrong-digits']) assert.ok(keys.has(key), key)
  for (const key of ['guide.off', 'app.note-aegis', 'method.sms-weaknesses']) assert.ok(!used('nidan').keys.has(key) && !used('nidan-login').keys.has(key), key)
  assert.equal(named(readTexts('{"a.b": "x", "c.d": "{n} ys", "c.d.one": "one y"}'), new Set(['c.d'])), '{"c.d":{"other":"{n} ys","one":"one y"}}')
  assert.throws(() => named(readTexts('{"a.b": "x"}'), new Set(['c.d'])), /names c.d/)
  assert.deepEqual(classesOfGuide("make('table', { className: 'nidan-apps x' })"), ['nidan-apps', 'x'])
  assert.deepEqual(tagsOfGuide("node('table', {}, text('th', say(key)), make('p'))"), ['table', 'th', 'p'])
  assert.ok(used('nidan').classes.has('nidan-apps') && used('nidan').tags.has('table') && !used('nidan-login').classes.has('nidan-apps'))
})

test('every source that can show something is of a module', () => {
  checkSources()
  const folder = mkdtempSync(join(tmpdir(), 'postlink-'))
  writeFileSync(join(folder, 'stray.rs'), 'say(page, Words::of(Msg::LoginTitle))')
  assert.throws(() => checkSources([folder]), /stray.rs names words/)
  rmSync(folder, { recursive: true })
})

test('random numbers come from the browser’s CSPRNG, where they are meant to', () => {
  const right = { 'nidan.js': 'crypto.getRandomValues(a)', 'nidan-manage.js': 'crypto.getRandomValues(a)', 'set-up.js': 'subtle.generateKey(a)', 'nidan-flow.js': 'Math.round(1)' }
  checkRandomness(right)
  for (const [name, text] of [['nidan-flow.js', 'Math' + '.random()'], ['page.js', 'Math["random"]()'], ['page.js', 'Math?.random?.()'], ['page.js', 'const { random } = Math'], ['help.js', 'crypto.randomUUID()'],
    ['nidan-login.js', 'crypto.getRandomValues(a)'], ['nidan.js', 'crypto.getRandomValues(a); crypto.getRandomValues(b)'], ['nidan.js', 'nothing']]) {
    assert.throws(() => checkRandomness({ ...right, [name]: text }), /has \d of/, name)
  }
})
