// A login with Nidan, on Express: two server calls, the check of the signed result, and the notice that ends sessions.
// node host.mjs, with TWO_STEP_URL, TWO_STEP_ISSUER, TWO_STEP_API_KEY, TWO_STEP_NOTICES_SECRET and ORIGIN set.

import { createHash, createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import express from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { PORT = '5001', TWO_STEP_URL, TWO_STEP_ISSUER, TWO_STEP_API_KEY, TWO_STEP_NOTICES_SECRET, ORIGIN = `http://127.0.0.1:${PORT}` } = process.env
const AUDIENCE = 'shop'
const ACCEPTED = ['urn:nidan:acr:second-factor', 'urn:nidan:acr:phishing-resistant', 'urn:nidan:acr:trusted-browser']
if (!(TWO_STEP_NOTICES_SECRET?.length >= 32)) throw new Error('TWO_STEP_NOTICES_SECRET: 32 characters and more')
const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', TWO_STEP_URL))

// Yours: people, sessions, and the results that were seen.
const salt = randomBytes(16)
const NOBODY = randomBytes(32)
const people = new Map([['alice', { id: 'user-alice', hash: scryptSync('correct-horse', salt, 32) }]])
const sessions = new Map()
const spent = new Map()
const SESSION_S = 12 * 3600
/** What is old goes: sessions after half a day, results when their minute is over. */
function forget() {
  for (const [id, { began }] of sessions) if (began <= now() - SESSION_S) sessions.delete(id)
  for (const [jti, exp] of spent) if (exp < now() - 60) spent.delete(jti)
}

const binding = (session) => createHash('sha256').update(`two-step ${session}`).digest('base64url')

async function call(path, body) {
  const answer = await fetch(TWO_STEP_URL + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TWO_STEP_API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(5_000),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return answer.json()
}

/** Exchanges what the page brought for a signed result, and checks every part of it. */
async function finish(session, flowId, resultCode) {
  const { user } = sessions.get(session)
  const { assertion } = await call(`/v1/flows/${flowId}/redeem`, { result_code: resultCode, session_binding: binding(session) })
  const { payload } = await jwtVerify(assertion, keys, {
    algorithms: ['EdDSA'], typ: 'nidan-assertion+jwt', issuer: TWO_STEP_ISSUER, audience: AUDIENCE, subject: people.get(user).id,
    requiredClaims: ['iat', 'nbf', 'exp', 'jti', 'nonce', 'purpose', 'acr', 'amr', 'auth_time', 'method_id', 'factor_epoch'], maxTokenAge: 60, clockTolerance: 5,
  })
  const right = payload.aud === AUDIENCE && payload.purpose === 'verify' && payload.nonce === binding(session) &&
    ACCEPTED.includes(payload.acr) && payload.amr.length > 0 && payload.auth_time <= payload.iat + 60 && payload.exp - payload.iat <= 60 && typeof payload.jti === 'string'
  if (!right || spent.has(payload.jti)) throw new Error('a result for somebody else, or one that was used')
  spent.set(payload.jti, payload.exp)
  return payload
}

function begin(response, user, state) {
  const session = randomBytes(32).toString('base64url')
  forget()
  sessions.set(session, { user, began: now(), ...state })
  response.cookie('session', session, { httpOnly: true, sameSite: 'lax', secure: ORIGIN.startsWith('https:') })
  return session
}

const now = () => Math.floor(Date.now() / 1000)
const session = (request) => (forget(), /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1])
const app = express()

/** "This sign-in is not mine": somebody has the password, or the code too. What began before ends, whosever session it is. */
app.post('/two-step-notices', express.text({ type: 'application/json' }), (request, response) => {
  const time = request.headers['nidan-timestamp']
  const wanted = createHmac('sha256', TWO_STEP_NOTICES_SECRET).update(`${time}.${request.body}`).digest()
  const signature = Buffer.from(request.headers['nidan-signature'] ?? '', 'hex')
  const fresh = Math.abs(Date.now() / 1000 - Number(time)) <= 300
  if (!fresh || signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) return response.sendStatus(403)
  const { host, kind, subject, at } = JSON.parse(request.body)
  if (host !== AUDIENCE) return response.sendStatus(403)
  const ends = ({ user, began }) => ['reported', 'reset'].includes(kind) && people.get(user).id === subject && began <= at
  for (const [id, state] of sessions) if (ends(state)) sessions.delete(id)
  response.sendStatus(204)
})

app.use(express.urlencoded())
app.use((request, response, next) => (request.method === 'POST' && request.headers.origin !== ORIGIN ? response.sendStatus(403) : next()))

app.post('/login', async (request, response) => {
  const { user, password } = request.body ?? {}
  const person = people.get(user)
  // Hashed for nobody too: the time taken must not tell who has an account.
  const isRight = timingSafeEqual(person?.hash ?? NOBODY, scryptSync(String(password), salt, 32))
  if (!person || !isRight) return response.sendStatus(401)
  const id = begin(response, user, { owesCode: true })
  const flow = await call('/v1/flows', {
    purpose: 'verify', subject: person.id, account_name: user, auth_time: now(),
    session_binding: binding(id), origin: ORIGIN,
  })
  // Where your policy requires two-step verification, a set-up comes before anything else.
  const mayGoOn = flow.outcome === 'not_enrolled' && !flow.enrolment?.required
  if (mayGoOn || flow.outcome === 'paused') return begin(response, user, { owesCode: false }), response.redirect(303, '/me')
  if (flow.outcome !== 'required') throw new Error(`outcome ${flow.outcome}`)
  sessions.get(id).flowId = flow.flow_id
  response.send(`<!doctype html><script type="module" src="/nidan/nidan-flow.js"></script>
    <nidan-flow purpose="verify" service="/2sv" flow-token="${flow.flow_token}" complete-url="/login/2sv"></nidan-flow>`)
})

app.post('/login/2sv', async (request, response) => {
  const id = session(request)
  const { user, owesCode, flowId, began } = sessions.get(id) ?? {}
  if (!owesCode || !flowId || typeof request.body?.result_code !== 'string') return response.sendStatus(401)
  const { end_other_sessions: endsOthers } = await finish(id, flowId, request.body.result_code)
  // A report may have ended it meanwhile. What follows is as old as its password.
  if (!sessions.delete(id)) return response.sendStatus(401)
  // A lost phone was taken out of use: whoever has it is signed out.
  if (endsOthers) for (const [other, state] of sessions) if (state.user === user) sessions.delete(other)
  begin(response, user, { owesCode: false, began })
  response.redirect(303, '/me')
})

app.get('/me', (request, response) => {
  const { user, owesCode } = sessions.get(session(request)) ?? {}
  if (!user || owesCode) return response.sendStatus(401)
  response.send(`Signed in as ${user}`)
})

app.use((error, request, response, _next) => (console.error(error.message), response.sendStatus(401)))
app.listen(Number(PORT), '127.0.0.1')
