// wasm-bindgen's glue also runs in browsers that are years too old for the rest of the widget (constructable sheets, modules
// with reference types), and in Node: what is there for them only goes. The shorter functions do the same.

import { fail } from '../run.mjs'

const SHORTER = {
  getDataViewMemory0: `() {
    if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer) cachedDataViewMemory0 = new DataView(wasm.memory.buffer)
    return cachedDataViewMemory0
}`,
  getUint8ArrayMemory0: `() {
    // Of a memory that has grown since, the length is 0.
    return cachedUint8ArrayMemory0?.length ? cachedUint8ArrayMemory0 : (cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer))
}`,
  // Texts here are words of a screen and answers of the service: one way for all lengths.
  passStringToWasm0: `(arg) {
    const bytes = cachedTextEncoder.encode(arg)
    const ptr = wasm.__wbindgen_malloc(WASM_VECTOR_LEN = bytes.length, 1) >>> 0
    getUint8ArrayMemory0().set(bytes, ptr)
    return ptr
}`,
  // The limit of some versions of Safari is two gigabytes of text.
  decodeText: `(bytes) {
    return cachedTextDecoder.decode(bytes)
}`,
}

const ALLOCATORS = /, wasm\.__wbindgen_malloc, wasm\.__wbindgen_realloc\)/g
const REGISTRY = /\(typeof FinalizationRegistry === 'undefined'\)\n\s*\? .*\n\s*: (new FinalizationRegistry)/g
/** Of the four names of the global object the first is always there; the module asks on where it is not. */
const GLOBALS = /(__wbg_static_accessor_(GLOBAL_THIS|GLOBAL|SELF|WINDOW)_[0-9a-f]{16}: function\(\) \{\n)[\s\S]*?\n( *)\},/g
const INSTANCE = /let result;\n\s*try \{\n\s*result = (\w+ instanceof \w+);\n\s*\} catch \(_\) \{\n\s*result = false;\n\s*\}\n\s*const ret = result;\n\s*return ret;/g
/** Nobody disposes of the widget by a `using`. */
const DISPOSE = /^if \(Symbol\.dispose\).*\n/gm

export const name = 'what only old browsers need'

export function pass({ glue, ...rest }) {
  return { ...rest, glue: forNewBrowsers(glue) }
}

export function forNewBrowsers(glue) {
  const without = (pattern, what, by) => {
    if (!glue.match(pattern)) fail(`the glue has no ${what}`)
    glue = glue.replace(pattern, by)
  }
  for (const [name, body] of Object.entries(SHORTER)) {
    without(new RegExp(`^function ${name}\\([\\s\\S]*?^\\}$`, 'm'), name, () => `function ${name}${body}`)
  }
  without(ALLOCATORS, 'texts that are handed over', ')')
  without(REGISTRY, 'FinalizationRegistry', '$1')
  without(GLOBALS, 'names of the global object', (_, head, name, end) =>
    `${head}return ${name === 'GLOBAL_THIS' ? 'addToExternrefTable0(globalThis)' : '0'};\n${end}},`)
  without(INSTANCE, 'instanceof', 'return $1;')
  without(DISPOSE, 'Symbol.dispose', '')
  return glue
}
