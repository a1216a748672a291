// Answers of a service that is not there: recorded shapes, so that every screen can be seen without living through it.

/** 2026-11-25 09:00 UTC: pictures of the same screen are the same. */
const BEGIN_MS = Date.UTC(2026, 10, 25, 9)
export const now = () => Math.floor((BEGIN_MS + performance.now()) / 1000)

/** A point of P-256: the page agrees with it as with any service. */
export const SERVER_KEY = 'BNBht0dS-CM4QteCz7zfPZhwyb9qgFcHO_lzIOTRKDLPiFdNrqLUWMzPb1CIRoUe2-33sCizCHcbdiKphdQgA1E'

/** An answer that never comes. */
export const never = () => new Promise(() => {})
/** No connection. */
export const down = () => Promise.reject(new TypeError('no connection'))
/** A problem document (RFC 9457), as far as the widget reads it. */
export const refused = (code, more = {}, status = 422) => () => json({ code, ...more }, status)

export const json = (body, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

export function view(changes = {}) {
  return {
    purpose: 'enroll', server_time_ms: BEGIN_MS + performance.now(), expires_at: now() + 600, issuer: '二段ショップ', account_name: 'hanako@example.com',
    policy: { methods: ['totp', 'sms', 'voice'], backup_gate: 'type_one' }, methods: [],
    phone: { countries: ['JP', 'US', 'DE', 'KR', 'TW', 'BR', 'FR', 'ES', 'VN', 'EG'], country: 'JP', allow_unconfirmed_calls: true },
    enrolment: { enrolment_id: 'AAAAAAAAAAAAAAAAAAAAAA', server_public_key: SERVER_KEY },
    verification: null, support_url: 'https://example.com/support', ...changes,
  }
}

const method = (id, kind, changes) => ({ id, kind, created_at: BEGIN_MS / 1000 - 5_000_000, state: 'ready', ...changes })
export const app = (changes) => method('app', 'totp', changes)
export const sms = (changes) => method('sms', 'sms', { hint: '78', ...changes })
export const voice = (changes) => method('voice', 'voice', { hint: '12', ...changes })
export const passkey = (changes) => method('passkey', 'passkey', { name: 'Laptop', ...changes })

/** What a browser is asked. */
export const ceremony = { ceremony_id: 'ceremony', options: JSON.stringify({ challenge: 'AAAA', user: { id: 'AAAA' } }), expires_at: now() + 300 }
const bytes = new ArrayBuffer(3)
/** What a device answers. */
const KEY = { id: 'AAAA', rawId: bytes, response: { clientDataJSON: bytes, attestationObject: bytes, authenticatorData: bytes, signature: bytes } }
export const touched = async () => KEY
/** The person, or the browser, says no. */
export const declined = (name) => () => Promise.reject(new DOMException('', name))
// The screens of passkeys are shown in browsers, too, that have none.
globalThis.PublicKeyCredential ??= /** @type {any} */ (class {})
/** A device that is not there. */
export function device(answer) {
  const credentials = navigator.credentials ?? {}
  for (const name of ['create', 'get']) credentials[name] = answer
  if (!navigator.credentials) Object.defineProperty(navigator, 'credentials', { value: credentials })
}

export function login(methods, changes = {}) {
  return view({
    purpose: 'verify', enrolment: null, methods,
    verification: { method_id: methods.find(({ state }) => state !== 'resting' && state !== 'suspended')?.id ?? null, backup_codes_left: 9, trust_days: 30, auto_send: false, recovery_url: 'https://example.com/recover', password_url: 'https://example.com/password' },
    ...changes,
  })
}

export const challenge = (changes = {}) => ({
  id: 'challenge', channel: 'sms', hint: '78', reference: 'A7', call_digits: null, expires_at: now() + 300, resend_at: now() + 30,
  attempts_left: 5, delivery: 'accepted', delivery_at: now() - 4, answered: false, codes: 1, ...changes,
})
export const call = (changes = {}) => challenge({ channel: 'voice', call_digits: '47', ...changes })

/** Takes the place of `fetch` for the paths of the service; the rest goes where it always goes. */
export function answering(answers) {
  const real = window.fetch
  const counts = {}
  window.fetch = async (target, options = {}) => {
    const url = new URL(target, location.href)
    if (!url.pathname.startsWith('/gallery-service/')) return real(target, options)
    const path = url.pathname.slice('/gallery-service'.length)
    const known = Object.keys(answers).filter((begin) => path.startsWith(begin)).sort((one, other) => other.length - one.length)[0]
    counts[known] = (counts[known] ?? 0) + 1
    if (path.endsWith('/events')) return new Response(new ReadableStream({ start() {} }))
    const answer = answers[known]
    const made = typeof answer === 'function' ? await answer(counts[known], options.body && JSON.parse(options.body)) : answer
    return made instanceof Response ? made.clone() : json(made)
  }
}
