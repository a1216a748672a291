// Texts that code which is gone would have printed: linkers keep the data of what is taken out after them. They become zeros;
// nothing in the module moves.

import { fail } from '../run.mjs'

/** The names of the operating system's errors, which a browser has none of; they stand in one row. */
const OS_ERRORS = /entity not found[a-z]+[a-z -]+[a-z().,/ -]+/g
/** What wasm-bindgen and serde-wasm-bindgen say of mistakes in programs. */
const MISTAKES = [
  'closure invoked recursively or after being dropped', 'attempted to take ownership of Rust value while it was borrowed',
  'null pointer passed to rust', 'recursive use of an object detected which would lead to unsafe aliasing in rust',
  'FnOnce called more than once', 'called `Option::unwrap_throw()` on a `None` value', 'called `Result::unwrap_throw()` on an `Err` value',
  'Map key is not a string and cannot be an object key', 'operation successful', ' (os error ',
]

export const name = 'unread texts'

export function pass({ wasm, ...rest }) {
  const blank = (text) => '\0'.repeat(text.length)
  const before = wasm.toString('latin1')
  if (!OS_ERRORS.test(before)) fail('no names of errors: are they gone by themselves now?')
  const after = [OS_ERRORS, ...MISTAKES].reduce((rest, text) => rest.replaceAll(text, blank), before)
  return { ...rest, wasm: Buffer.from(after, 'latin1') }
}
