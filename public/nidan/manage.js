// What only the page on which methods are managed asks for: the set-up of something new, in its own place. Loaded with its
// module; the set-up's module comes when somebody adds something.

/** Then the page comes back: an empty place helps nobody. */
const LOAD_TIMEOUT_MS = 20_000
/** Refusals that a factor, proved lately or since long enough, takes away. */
const WANT_PROOF = ['reauth_required', 'cooling']
/** Refusals after which the set-up goes on by itself. For all others the page has the words. */
const GOES_ON = ['code_wrong', 'unavailable', 'timed_out', 'internal']
/** A server's key, ours, and the secret that both agree on. */
const AGREED_LENGTH = 65 + 65 + 32

/**
 * Gives it to a page.
 * @param {import('./page.js').Page} page
 */
export function equip(page, tools) {
  let shown
  const { leave } = page
  Object.assign(page, {
    /**
     * Shows the set-up of a kind, in the place of a method perhaps. Resolves to what it says next: `proof` where it waits for
     * one, with the problem, `added` with the flow as it is then, `refused` with the problem, `left`.
     */
    add(kind, replaces, keepsOld) {
      shown?.end()
      shown = begin(page, tools, kind, replaces, keepsOld)
      return shown.news()
    },

    /** A factor was proved: the set-up goes on. Resolves as `add` does. */
    goOn: () => shown.goOn(),

    endAdding() { shown?.end() },

    leave() {
      shown?.end()
      leave.call(page)
    },
  })
}

/**
 * The set-up's page beside ours. It speaks to the service as in a first set-up; what it asks is asked here as one thing beside what
 * there is.
 */
function begin({ constructor: Page, messages }, { element, make, wanted, load }, kind, replaces, keepsOld) {
  const isShadow = wanted.dom === 'shadow'
  const ours = (isShadow ? element.shadowRoot : element).querySelector('section')
  const root = isShadow ? element.shadowRoot : element.getRootNode()
  /** What the page wore before; and the set-up's own sheet, which has other rules for the same blocks. */
  const worn = [...root.adoptedStyleSheets]
  let sheets = []
  const place = make('div')
  let [hear, id, opening, mounted, isOver] = /** @type {any[]} */ ([])
  /** Requests that wait for a proof. */
  const waiting = []
  const news = () => new Promise((resolve) => { hear = resolve })
  const show = (isOurs) => {
    ours.style.display = isOurs ? '' : 'none'
    place.style.display = isOurs ? 'none' : ''
    const others = root.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet))
    root.adoptedStyleSheets = isOurs ? others : [...others, ...sheets]
  }
  const end = () => {
    if (isOver) return
    isOver = true
    show(true)
    // It may be its own call that ends it.
    queueMicrotask(() => {
      try { mounted?.free() } catch { /* The trap was reported already. */ }
      page.leave()
      place.remove()
    })
  }
  /** The last word: what was asked for it is never answered. */
  const tell = (what, json) => {
    // What is stored is news also where the person has gone on.
    if (!isOver || what === 'added') hear([what, json])
    end()
    return new Promise(() => {})
  }
  const own = { ...wanted, purpose: 'enroll' }
  const page = new Page(element, own, place, (name, detail) => {
    // The element was ready before: the first screen takes the focus as any next one does.
    if (name === 'nidan-ready') page.focus(true)
    if (name === 'nidan-step') element.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }))
  })
  const loading = load(own, page, messages)
  const ask = page.request.bind(page)

  async function proved(path, body) {
    const answer = await ask(path, body)
    if (isOver || !WANT_PROOF.includes(answer[1].code)) return answer
    show(true)
    hear(['proof', answer[1]])
    await new Promise((resolve) => waiting.push(resolve))
    return proved(path, body)
  }

  async function open() {
    const [[isThere, view], [isOpen, setup]] = await Promise.all([ask('/v1/flow'), proved('/v1/flow/setups', { kind, replaces })])
    if (!isThere || !isOpen) return tell('refused', isThere ? setup : view)
    id = setup.setup_id
    // A number has no secret, and no key for one.
    const enrolment = { enrolment_id: id, server_public_key: setup.server_public_key ?? id }
    return [true, { ...view, purpose: 'enroll', adds: kind, policy: { ...view.policy, methods: [kind] }, enrolment }]
  }

  async function finish({ code, client_public_key, client_nonce, phones }) {
    const what = phones[0] ?? { code, client_public_key, client_nonce }
    const answer = await proved(`/v1/flow/setups/${id}/finish`, { ...what, ...(keepsOld ? {} : { keep_old_hours: 0 }) })
    // No word of the service's own is an outage on the way: it may be stored, and is asked for again.
    if (!answer[0] && (!answer[1].code || GOES_ON.includes(answer[1].code))) return answer
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
    sheets = root.adoptedStyleSheets.filter((sheet) => !worn.includes(sheet))
    if (isOver) return show(true)
    Object.assign(page, { phoneUrl: () => undefined, restart: () => { tell('left') } })
    // Fields are where the set-up is, unless that is in a shadow tree.
    if (!isShadow) page.place = () => undefined
    // What is made of these zeros is shown nowhere, and sent nowhere.
    if (kind === 'sms' || kind === 'voice') Object.assign(page, { agree: async () => {}, agreed: () => new Uint8Array(AGREED_LENGTH) })
    ours.after(place)
    show(false)
    mounted = glue.mount(place, page)
  }).catch(() => tell('refused'))

  return {
    news,
    end,
    goOn() {
      show(false)
      page.focus(true)
      const next = news()
      for (const goesOn of waiting.splice(0)) goesOn()
      return next
    },
  }
}
