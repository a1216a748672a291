// What the glue does not call goes, and what only that needs; then the glue's functions that the module no longer imports.

import { fail, optimized, reachable } from '../run.mjs'
import { exportsOf, importsOf } from '../wasm-file.mjs'

export const name = 'unused exports and imports'

export function pass(parts) {
  const once = withoutUnusedExports(parts)
  const glue = withoutUnusedImports(once.glue, new Set(importsOf(once.wasm)))
  // Functions of the glue may have been the last callers of an export.
  return withoutUnusedExports({ ...once, glue })
}

function withoutUnusedExports({ glue, wasm, ...rest }) {
  const used = new Set([...glue.matchAll(/\bwasm\.([\w$]+)/g)].map(([, name]) => name))
  const exported = exportsOf(wasm)
  const reached = exported.filter((name) => used.has(name) || name === 'memory')
  const { wasm: less } = optimized(reachable(wasm, exported, reached), ['-Os', '--converge', '-g'])
  return { ...rest, glue, wasm: less }
}

/** The functions that the glue offers to the module: one property each, in wasm-bindgen's own layout. */
export function withoutUnusedImports(glue, wanted) {
  const property = /^ {8}(__wb[\w$]+): [\s\S]*?(?=^ {8}__wb|^ {4}\};)/gm
  let offered = 0
  const less = glue.replace(property, (whole, name) => {
    offered += 1
    return wanted.has(name) ? whole : ''
  })
  if (offered < wanted.size) fail(`the glue offers ${offered} functions, the module wants ${wanted.size}`)
  for (const name of wanted) if (!less.includes(`${name}:`)) fail(`${name} is missing in the glue`)
  return less
}
