// The tasks of streams stay in the table of functions when the exports that start them are gone: a call would trap.

import { fail } from '../run.mjs'
import { trapping } from '../wasm-file.mjs'

export const name = 'unused tasks'

export function pass({ wasm, ...rest }) {
  const isStream = (name) => name.includes('future_to_promise') && name.includes('wasm_streams')
  const { module, trapped } = trapping(wasm, isStream)
  if (trapped === 0) fail('no tasks of streams: are they called differently now?')
  return { ...rest, wasm: module }
}
