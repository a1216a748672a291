// What only the page on which methods are managed asks for: the set-up of something new, in its own place. Loaded with its
// module; the set-up's module comes when somebody adds something.

/** Then the page comes back: an empty place helps nobody. */
const LOAD_TIMEOUT_MS = 20_000
/** Refusals that a factor, proved lately or since long enough, takes away. */
const WANT_PROOF = ['reauth_required', 'cooling']
/** Refusals after which the set-up goes on by itself. For all others the page has the words. */
const GOES_ON = ['code_wrong', 'unavailable', 'timed_out', 'internal']
/** Refusals that are about the page's flow, and not about what is set up. */
const OF_FLOW = ['flow_expired', 'flow_conflict', 'flow_reported', 'flow_token_missing']
const NAME_MAX_CHARS = 64
/** A server's key, ours, and the secret that both agree on. */
const AGREED_LENGTH = 65 + 65 + 32

/**
 * Gives it to a page.
 * @param {import('./page.js').Page} page
 */
export function equip(page, tools) {
  let shown
  const { leave, changed } = page
  /** The set-up's own sheets, which have other rules for the same blocks: worn while it is shown. */
  const sheets = []
  Object.assign(page, {
    /** Whether it is the page on which logins are approved, which needs nothing of the rest. */
    approves: tools.wanted.purpose === 'approve',

    /**
     * Shows the set-up of a kind, in the place of a method perhaps. Resolves to what it says next: `proof` where it waits for
     * one, with the problem, `added` with the flow as it is then, `refused` with the problem, `left`.
     */
    add(kind, replaces, keepsOld) {
      shown?.end()
      shown = begin(page, tools, sheets, kind, replaces, keepsOld)
      return shown.news()
    },

    /** A factor was proved: the set-up goes on. Resolves as `add` does. */
    goOn: () => shown.goOn(),

    /** Whether something was sent that nobody has answered: it may be stored. */
    endAdding: () => Boolean(shown?.end()),

    leave() {
      shown?.end()
      leave.call(page)
    },

    changed(change) {
      changed.call(page, change)
      tellAccepted(page)
    },
  })
}

/** Password managers forget passkeys that are gone (WebAuthn §5.1.10.3), where the browser can tell them. Nobody waits for it. */
async function tellAccepted(page) {
  const key = /** @type {any} */ (globalThis.PublicKeyCredential)
  if (!key?.signalAllAcceptedCredentials) return
  try {
    const [, { accepted }] = await page.request('/v1/flow/passkeys')
    if (accepted) await key.signalAllAcceptedCredentials(JSON.parse(accepted))
  } catch { /* The next change tells it again, and what is gone lets nobody in. */ }
}

/**
 * The set-up's page beside ours. It speaks to the service as in a first set-up; what it asks is asked here as one thing beside what
 * there is.
 */
function begin(main, { element, make, wanted, load }, sheets, kind, replaces, keepsOld) {
  const { constructor: Page, messages, tried } = main
  const isShadow = wanted.dom === 'shadow'
  const ours = (isShadow ? element.shadowRoot : element).querySelector('section')
  const root = isShadow ? element.shadowRoot : element.getRootNode()
  const place = make('div')
  /** Only sheets of ours begin so. */
  const isOurs = ({ cssRules: [first] }) => /^(nidan-flow|:host)/.test(/** @type {any} */ (first)?.selectorText)
  const worn = root.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet))
  let [hear, id, opening, mounted, isOver, isPosting, isReady] = /** @type {any[]} */ ([])
  /** Requests that wait for a proof. */
  const waiting = []
  const news = () => new Promise((resolve) => { hear = resolve })
  const show = (isPage) => {
    ours.style.display = isPage ? '' : 'none'
    place.style.display = isPage ? 'none' : ''
    for (const sheet of root.adoptedStyleSheets) if (isOurs(sheet) && !worn.includes(sheet) && !sheets.includes(sheet)) sheets.push(sheet)
    const others = root.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet))
    root.adoptedStyleSheets = isPage ? others : [...others, ...sheets]
  }
  const end = () => {
    const isUnknown = isPosting
    if (isOver) return false
    isOver = true
    show(true)
    // It may be its own call that ends it.
    queueMicrotask(() => {
      try { mounted?.free() } catch { /* The trap was reported already. */ }
      page.leave()
      place.remove()
      // Where it was over meanwhile, nothing else leads there.
      main.focus()
      for (const givesUp of waiting.splice(0)) givesUp()
    })
    return isUnknown
  }
  /** The last word. What was asked for it is given up once the module is gone: nothing of it stays in its memory. */
  const tell = (what, json) => {
    // What is stored is news also where the person has gone on.
    if (!isOver || what === 'added') hear([what, json])
    end()
    return new Promise((_, reject) => setTimeout(reject))
  }
  const own = { ...wanted, purpose: 'enroll' }
  const page = new Page(element, own, place, (name, detail) => {
    // What was left while it was on its way is no step of anybody's.
    if (isOver) return
    // The element was ready before: the first screen takes the focus as any next one does. Until it is there, what waits for it
    // is shown, with the focus on that.
    if (name === 'nidan-ready') {
      isReady = true
      show(false)
      page.focus()
    }
    if (name !== 'nidan-step') return
    // The page's own time is over too, and it has the words.
    if (detail.step === 'expired') tell('left').catch(() => {})
    else element.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }))
  })
  // For support: one person, one list.
  page.tried = tried
  const loading = load(own, page, messages)
  const ask = page.request.bind(page)

  async function proved(path, body) {
    const answer = await ask(path, body)
    if (OF_FLOW.includes(answer[1].code)) return tell('refused', answer[1])
    if (isOver || !WANT_PROOF.includes(answer[1].code)) return answer
    show(true)
    hear(['proof', answer[1]])
    await new Promise((resolve) => waiting.push(resolve))
    if (isOver) throw new Error('left')
    return proved(path, body)
  }

  async function open() {
    const [[isThere, view], [isOpen, setup]] = await Promise.all([ask('/v1/flow'), proved('/v1/flow/setups', { kind, replaces })])
    if (!isThere || !isOpen) return tell('refused', isThere ? setup : view)
    id = setup.setup_id
    // A number or a passkey has no secret of ours, and no key for one.
    const enrolment = { enrolment_id: id, server_public_key: setup.server_public_key ?? id }
    return [true, { ...view, purpose: 'enroll', adds: kind, policy: { ...view.policy, methods: [kind] }, enrolment }]
  }

  /** Made fit, and never refused: nobody loses a set-up over a name. */
  const fit = (name) => [...name.replace(/[<>]|\p{C}/gu, ' ').replace(/\s+/g, ' ').trim()].slice(0, NAME_MAX_CHARS).join('').trim()

  async function finish({ code, client_public_key, client_nonce, phones, passkeys = [] }) {
    const [one] = [...Array.from(phones), ...Array.from(passkeys)]
    const what = one ? { ...one, ...(one.name && { name: fit(one.name) }) } : { code, client_public_key, client_nonce }
    isPosting = true
    const answer = await proved(`/v1/flow/setups/${id}/finish`, { ...what, ...(keepsOld ? {} : { keep_old_hours: 0 }) })
    // No word of the service's own is an outage on the way: it may be stored, and is asked for again.
    isPosting = !answer[0] && !answer[1].code
    if (!answer[0] && (isPosting || GOES_ON.includes(answer[1].code))) return answer
    return tell(answer[0] ? 'added' : 'refused', answer[1])
  }

  page.request = (path, body) => {
    // Once, however long it waits for a proof: whoever asks meanwhile asks about the flow, as after a sleep.
    if (path === '/v1/flow' && !opening) return (opening = open().catch(() => tell('refused')))
    if (path === '/v1/flow/enrolment') return finish(body)
    return body ? proved(path, body) : ask(path)
  }
  const late = new Promise((_, reject) => setTimeout(reject, LOAD_TIMEOUT_MS))
  Promise.race([loading, late]).then((glue) => {
    if (isOver) return show(true)
    Object.assign(page, { phoneUrl: () => undefined, restart: () => { tell('left').catch(() => {}) } })
    // Fields are where the set-up is, unless that is in a shadow tree.
    if (!isShadow) page.place = () => undefined
    // What is made of these zeros is shown nowhere, and sent nowhere.
    if (['sms', 'voice', 'passkey'].includes(kind)) Object.assign(page, { agree: async () => {}, agreed: () => new Uint8Array(AGREED_LENGTH) })
    ours.after(place)
    show(true)
    mounted = glue.mount(place, page)
  }).catch((error) => {
    console.error(`nidan-flow: ${error?.message}`, error)
    element.dispatchEvent(new CustomEvent('nidan-error', { bubbles: true, composed: true, detail: { reason: error?.reason ?? 'not-loaded', message: error?.message ?? '' } }))
    tell('refused').catch(() => {})
  })

  return {
    news,
    end,
    goOn() {
      if (isReady) {
        show(false)
        page.focus()
      }
      const next = news()
      for (const goesOn of waiting.splice(0)) goesOn()
      return next
    },
  }
}
