// Where a release draws its random numbers: from the browser's CSPRNG, in the two places that are meant to.

import { fail } from './run.mjs'

/** Every name by which a script reaches randomness, and the scripts that may have it, so often. */
const SOURCES = [
  // That of `Math`, however it is written.
  [/\brandom\b/g, {}],
  [/\brandomUUID\b/g, {}],
  // The nonce of a set-up, and the ids of requests that change something, by the crate `getrandom`.
  [/\bgetRandomValues\b/g, { 'nidan.js': 1, 'nidan-manage.js': 1 }],
  // The key pair of a set-up.
  [/\bgenerateKey\b/g, { 'set-up.js': 1 }],
]

/** Ends the build where a script of the release, by its name, draws random numbers elsewhere or in another way. */
export function checkRandomness(scripts) {
  for (const [name, text] of Object.entries(scripts)) {
    for (const [source, allowed] of SOURCES) {
      const count = text.match(source)?.length ?? 0
      if (count !== (allowed[name] ?? 0)) fail(`${name} has ${count} of ${source.source}`)
    }
  }
}
