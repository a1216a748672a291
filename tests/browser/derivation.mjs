// How the secret and the backup codes of an enrolment come of a key agreement, by an implementation that shares nothing with
// this project (node:crypto). The vectors are for the native tests, the browser's, and other languages. `--check` compares,
// without it the file is written: keys and ids are drawn of a seed, so that it comes out the same.

import { createECDH, createHash, hkdfSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Secret } from 'otpauth'

const FILE = new URL('../../crates/otp/tests/vectors/derivation.json', import.meta.url)
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const VECTORS = 4

/** GF(32) by x⁵ + x² + 1. */
const times = (a, b) => {
  let product = 0
  for (let bit = 0; bit < 5; bit++) if (b & (1 << bit)) product ^= a << bit
  for (let bit = 9; bit >= 5; bit--) if (product & (1 << bit)) product ^= 0b100101 << (bit - 5)
  return product
}

/** 75 bits of ten bytes, and the symbol with which Σ 2ⁱ·sᵢ = 0. */
function backupCode(block) {
  const bits = BigInt(`0x${Buffer.from(block).toString('hex')}`)
  const symbols = Array.from({ length: 15 }, (_, at) => Number((bits >> BigInt(75 - 5 * at)) & 31n))
  const sum = (last) => [...symbols, last].reduce(([sum, power], one) => [sum ^ times(power, one), times(power, 2)], [0, 1])[0]
  symbols.push([...SYMBOLS].findIndex((_, last) => sum(last) === 0))
  return symbols.map((one) => SYMBOLS[one]).join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** What both sides compute. */
export function derive({ shared, nonce, id, server, client }) {
  const made = (label, length) => Buffer.from(hkdfSync('sha256', shared, nonce, Buffer.concat([Buffer.from(`${label}\0`), id, server, client]), length))
  return {
    secret: made('nidan v2 totp', 20),
    get backupCodes() {
      const backup = made('nidan v2 backup', 100)
      return Array.from({ length: 10 }, (_, at) => backupCode(backup.subarray(10 * at, 10 * at + 10)))
    },
  }
}

function vector(number) {
  const drawn = (what) => createHash('sha256').update(`nidan derivation ${number} ${what}`).digest()
  const pair = (what) => {
    const ecdh = createECDH('prime256v1')
    ecdh.setPrivateKey(drawn(what))
    return ecdh
  }
  const [server, client] = [pair('server'), pair('client')]
  const given = {
    shared: server.computeSecret(client.getPublicKey()),
    nonce: drawn('nonce'), id: drawn('id').subarray(0, 16), server: server.getPublicKey(), client: client.getPublicKey(),
  }
  const { secret, backupCodes } = derive(given)
  return {
    server_private_key_hex: server.getPrivateKey('hex'), server_public_key_hex: server.getPublicKey('hex'),
    client_private_key_hex: client.getPrivateKey('hex'), client_public_key_hex: client.getPublicKey('hex'),
    client_nonce_hex: given.nonce.toString('hex'), enrolment_id_hex: given.id.toString('hex'),
    shared_secret_hex: given.shared.toString('hex'),
    totp_secret_hex: secret.toString('hex'), totp_key_base32: new Secret({ buffer: Uint8Array.from(secret).buffer }).base32,
    backup_codes: backupCodes,
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const text = `${JSON.stringify(Array.from({ length: VECTORS }, (_, number) => vector(number)), null, 2)}\n`
  if (!process.argv.includes('--check')) writeFileSync(FILE, text)
  else if (readFileSync(FILE, 'utf8') !== text) throw new Error('derivation.json is not what node:crypto says')
}
