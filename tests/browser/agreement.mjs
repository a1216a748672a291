// 100,000 random (secret, time) pairs, judged by two implementations that share nothing with this project: otpauth
// (npm) for all of them, oathtool for one in 500. What they say is committed as one digest a thousand pairs; the native
// and the wasm tests must come to the same. `--check` compares, without it the file is written.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Secret, TOTP } from 'otpauth'

const FILE = new URL('../../crates/otp/tests/vectors/agreement.json', import.meta.url)
const PAIRS = 100_000
const BLOCK = 1_000
const OATHTOOL_EVERY = 500
const SEED = 0x6e6964616en

/** SplitMix64 (Steele, Lea, Flood 2014): the same few lines stand in the Rust tests. */
function* splitmix64(state) {
  const mask = (1n << 64n) - 1n
  for (;;) {
    state = (state + 0x9e3779b97f4a7c15n) & mask
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
    yield z ^ (z >> 31n)
  }
}

const random = splitmix64(SEED)
const next = () => random.next().value
const digests = []
let hash = createHash('sha256')
for (let pair = 0; pair < PAIRS; pair++) {
  const bytes = Buffer.alloc(24)
  for (const at of [0, 8, 16]) bytes.writeBigUInt64LE(next(), at)
  const secret = new Secret({ buffer: Uint8Array.from(bytes.subarray(0, 20)).buffer })
  const time = Number(next() % 20_000_000_000n)
  const code = new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 }).generate({ timestamp: time * 1000 })
  if (pair % OATHTOOL_EVERY === 0) {
    const now = new Date(time * 1000).toISOString().replace('T', ' ').slice(0, 19) + ' UTC'
    const said = execFileSync('oathtool', ['--totp', '--base32', `--now=${now}`, secret.base32], { encoding: 'utf8' }).trim()
    if (said !== code) throw new Error(`pair ${pair}: otpauth says ${code}, oathtool ${said}`)
  }
  hash.update(code)
  if (pair % BLOCK === BLOCK - 1) {
    digests.push(hash.digest('hex'))
    hash = createHash('sha256')
  }
}

const text = `${JSON.stringify({ about: 'tests/browser/agreement.mjs writes and checks this', seed: Number(SEED), pairs: PAIRS, block: BLOCK, digests }, null, 1)}\n`
if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) throw new Error('agreement.json is not what otpauth and oathtool say')
