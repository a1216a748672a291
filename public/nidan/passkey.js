// A passkey: the service says what to ask, the browser asks, and its answer goes on as text that the module does not read. Loaded
// when the person presses the button for it.
//
// Bytes are converted here and not by the browser's own JSON methods: password managers replace `create` and `get` with theirs, and
// what those answer has no such methods, or broken ones. So what counts is read from an answer's fields alone.

/** Browsers that people know by name, the more special first; then what they run on. */
const BROWSERS = [[/Edg/, 'Edge'], [/OPR/, 'Opera'], [/SamsungBrowser/, 'Samsung Internet'], [/Firefox|FxiOS/, 'Firefox'], [/Chrome|CriOS/, 'Chrome'], [/Safari/, 'Safari']]
const SYSTEMS = [[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/CrOS/, 'ChromeOS'], [/Mac/, 'Mac'], [/Linux/, 'Linux']]

const bytes = (text) => Uint8Array.from(atob(text.replace(/[-_]/g, (sign) => (sign === '-' ? '+' : '/'))), (one) => one.charCodeAt(0))
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_' })[sign] ?? '')

/** The browser's question in the shape that it takes: bytes in the place of text (WebAuthn §5.1.8 and §5.1.9). */
export function question(options) {
  const { challenge, user, allowCredentials, excludeCredentials } = options
  const listed = (keys) => keys?.map((key) => ({ ...key, id: bytes(key.id) }))
  return {
    ...options,
    challenge: bytes(challenge),
    ...(user && { user: { ...user, id: bytes(user.id) } }),
    ...(allowCredentials && { allowCredentials: listed(allowCredentials) }),
    ...(excludeCredentials && { excludeCredentials: listed(excludeCredentials) }),
  }
}

/** The answer as text (WebAuthn §5.1.6 and §5.1.7), whoever made it. */
export function answer({ id, rawId, response }) {
  const said = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    // Some say that there is no user handle by an empty one.
    if (response[name]?.byteLength) said[name] = text(response[name])
  }
  if (said.attestationObject) said.transports = response.getTransports?.() ?? []
  return JSON.stringify({ id, rawId: text(rawId), type: 'public-key', clientExtensionResults: {}, response: said })
}

/**
 * What holds a passkey, by the first four bytes of its AAGUID (WebAuthn §6.5.1): as passkeydeveloper's list had them in November
 * 2026. Nothing hangs on them but the name that is suggested.
 */
const HOLDERS = {
  'ea9b8d66': 'Google Password Manager', 'fbfc3007': 'iCloud Keychain', 'dd4ec289': 'iCloud Keychain', '08987058': 'Windows Hello', '9ddd1817': 'Windows Hello', '6028b017': 'Windows Hello',
  '53414d53': 'Samsung Pass', 'bada5566': '1Password', 'd548826e': 'Bitwarden', '531126d6': 'Dashlane', 'b84e4048': 'NordPass', '0ea242b4': 'Keeper', 'f3809540': 'Enpass', '50726f74': 'Proton Pass', 'fdb141b2': 'KeePassXC',
}
/** The AAGUID begins behind the hash of the RP ID, the flags and the counter (WebAuthn §6.1). */
const AAGUID_AT = 37

/** What a new passkey may be called: what holds it, else browser and system. */
export function suggestion(agent, response) {
  // Not there in older browsers, nor in what password managers answer; and no name is worth a passkey.
  let data = new Uint8Array()
  try { data = new Uint8Array(response.getAuthenticatorData()) } catch { /* Browser and system, then. */ }
  const holder = HOLDERS[Array.from(data.slice(AAGUID_AT, AAGUID_AT + 4), (one) => one.toString(16).padStart(2, '0')).join('')]
  const named = (table) => table.find(([pattern]) => pattern.test(agent))?.[1]
  return holder ?? [named(BROWSERS), named(SYSTEMS)].filter(Boolean).join(', ')
}

/** What a browser's refusal means to a person. Both of the first are the person's own no, or nothing fitting at hand: the browser does not say which. */
const MEANS = { NotAllowedError: 'cancelled', AbortError: 'cancelled', InvalidStateError: 'known' }

/** A press within so many milliseconds of another one is the same press. */
const TWICE_MS = 1000

/** What each page asks: a further question ends it, and so does another screen. */
const questions = new WeakMap()

/**
 * Asks for a passkey, or for a new one where `kind` is `create`; `asked` says which one may answer, or which need no other one.
 * Resolves to what became of it: `answered` with the post for the service, `made` with the ceremony's id and a name, `refused` with the
 * service's problem, `cancelled`, `known` or `browser`. Rejects where the service does not answer.
 * @param {import('./page.js').Page} page
 */
export function ask(page, kind, asked) {
  const before = questions.get(page)
  if (before && !before.isOver && !before.control.signal.aborted && performance.now() - before.since < TWICE_MS) return before.became
  if (!before) {
    for (const name of ['shown', 'leave']) {
      const own = page[name]
      page[name] = (...given) => {
        questions.get(page).control.abort()
        return own.apply(page, given)
      }
    }
  }
  before?.control.abort()
  const control = new AbortController()
  const now = { control, since: performance.now(), isOver: false, became: put(page, kind, asked, control.signal) }
  questions.set(page, now)
  now.became.catch(() => {}).then(() => { now.isOver = true })
  return now.became
}

async function put(page, kind, asked, signal) {
  // A page that says it asks for no passkeys, or a frame that was not allowed to. The module knows of frames on other sites' pages.
  if (/** @type {any} */ (document).featurePolicy?.allowsFeature(`publickey-credentials-${kind}`) === false) return ['browser']
  const [isOpen, ceremony] = await page.request('/v1/flow/ceremonies', { kind, ...asked })
  if (!isOpen) return ['refused', ceremony]
  let [credential, name] = ['', '']
  try {
    // Who has gone on is asked nothing any more, and what was answered too late goes nowhere.
    signal.throwIfAborted()
    const publicKey = question(JSON.parse(ceremony.options))
    const made = await navigator.credentials[kind]({ publicKey, signal })
    credential = answer(made)
    if (kind === 'create') name = suggestion(navigator.userAgent, made.response)
    signal.throwIfAborted()
  } catch (error) {
    return [MEANS[error?.name] ?? 'browser']
  }
  const { ceremony_id } = ceremony
  if (kind === 'get') return ['answered', { ceremony_id, credential }]
  const [isGood, made] = await page.request(`/v1/flow/ceremonies/${ceremony_id}/answer`, { credential })
  return isGood ? ['made', ceremony_id, name] : ['refused', made]
}
