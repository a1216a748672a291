// Ceremonies of passkeys as `crates/server/src/passkey/tests/agreement.rs` has recorded them, judged by an implementation that shares
// nothing with this project: SimpleWebAuthn (npm).

import { readFileSync } from 'node:fs'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'

const FILE = new URL('../../crates/server/tests/vectors/passkeys.json', import.meta.url)
/** Every right row, and so many wrong ones, are in the file: else it says little. */
const WRONG_MIN = 30

/** Whether a ceremony counts there. */
async function counts({ kind, challenge, origin, rp_id, credential_id, public_key, answer }) {
  const expected = { response: answer, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: rp_id, requireUserVerification: true }
  try {
    if (kind === 'create') return (await verifyRegistrationResponse(expected)).verified
    // Which key answers is the relying party's own look-up.
    if (answer.id !== credential_id) return false
    return (await verifyAuthenticationResponse({ ...expected, credential: { id: credential_id, publicKey: Buffer.from(public_key, 'base64url'), counter: 0 } })).verified
  } catch {
    return false
  }
}

/** Frames of other sites are refused by us alone: there it is the caller's to look at. */
const isOursAlone = ({ answer }) => JSON.parse(Buffer.from(answer.response.clientDataJSON, 'base64url').toString()).crossOrigin === true

const { ceremonies } = JSON.parse(readFileSync(FILE, 'utf8'))
let [right, wrong, alone] = [0, 0, 0]
for (const [nth, row] of ceremonies.entries()) {
  const isRight = row.wrong === null
  const there = await counts(row)
  if (isOursAlone(row) && there && row.wrong === 'origin') alone++
  else if (there !== isRight) throw new Error(`ceremony ${nth} (${row.kind}): here ${row.wrong ?? 'right'}, there ${there ? 'right' : 'wrong'}`)
  else if (isRight) right++
  else wrong++
}
if (!right || wrong < WRONG_MIN || alone * 8 > wrong) throw new Error(`${right} right, ${wrong} wrong and ${alone} of ours alone say too little`)
console.log(`${right} right and ${wrong} wrong ceremonies are judged alike; ${alone} are refused here alone (a frame of another site)`)
