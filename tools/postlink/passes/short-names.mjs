// Imports and exports by short names: the hashes in the long ones do not compress. The names for debuggers go with them.

import { fail, optimized } from '../run.mjs'

export const name = 'short names'

export function pass({ name: module, glue, wasm }) {
  const strips = ['--strip-producers', '--strip-target-features', '--strip-debug']
  const short = optimized(wasm, ['--minify-imports-and-exports-and-modules', ...strips])
  const names = JSON.parse(short.said)
  const renamed = withNames(glue, module, names)
  return { name: module, glue: renamed, wasm: short.wasm }
}

/** The glue with the names that Binaryen printed. */
export function withNames(glue, module, { imports, exports }) {
  const replace = (pattern, by) => {
    const renamed = glue.replaceAll(pattern, by)
    if (renamed === glue) fail(`${pattern} is not in the glue`)
    glue = renamed
  }
  // All imports now come from a module of this name.
  replace(`"./${module}_bg.js": import0`, 'a: import0')
  for (const [, long, short] of imports) replace(new RegExp(`^( {8})${escape(long)}:`, 'gm'), `$1${short}:`)
  for (const [long, short] of exports) {
    if (long !== 'memory' || glue.includes('wasm.memory')) replace(new RegExp(`\\bwasm\\.${escape(long)}\\b`, 'g'), `wasm.${short}`)
  }
  return glue
}

const escape = (name) => name.replaceAll('$', '\\$')
