// One way to set the module up, the one that the loader takes: wasm-bindgen's glue has several, with warnings. And one way
// to encode text, since every browser that has WebAssembly's newer features has `encodeInto`.

import { fail, minified } from '../run.mjs'

const EXPORTED = /^export \{ initSync, __wbg_init as default \};$/m
const ENCODER = /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{$[\s\S]*?^\}$/m

export const name = 'one start, minified'

export function pass({ glue, ...rest }) {
  return { ...rest, glue: minified(withOneStart(glue)) }
}

export function withOneStart(glue) {
  if (!EXPORTED.test(glue) || !glue.includes('function __wbg_finalize_init(instance, module)')) fail('the glue sets up another way')
  if (!ENCODER.test(glue)) fail('the glue encodes text another way')
  return glue.replace(ENCODER, '').replace(EXPORTED, `export default async ({ module_or_path: fetched }) => {
    const answer = await fetched
    const imports = __wbg_get_imports()
    // Servers that do not know the type of wasm are slower, and work. An error page does not compile.
    const made = await (answer.headers.get('Content-Type') === 'application/wasm'
      ? WebAssembly.instantiateStreaming(answer, imports)
      : answer.arrayBuffer().then((bytes) => WebAssembly.instantiate(bytes, imports)))
    __wbg_finalize_init(made.instance, made.module)
  }`)
}
