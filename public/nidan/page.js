// The page around the widget: network, words, clipboard, printer, host events. A release has it inside of nidan-flow.js.

import { loadJson, loadPart, make } from './files.js'
import { httpUrl } from './options.js'

/** How often a code is asked about where the stream of events ends. */
/** One entry: all that is kept in the browser. */
const USED_PASSKEY = 'nidan-passkey'
const POLL_MS = 3_000
/** The service sends the delivery status at once; a stream that is silent so long is held up on the way. */
const STALL_MS = 5_000
/** The service gives up after ten seconds; slow networks need some more. */
const REQUEST_TIMEOUT_MS = 15_000

/** A code that a person asks for, or types. */
const TRIES = /\/(challenges|resend|answer|verification)$/
/** What few people read is given up so late: opening it again tries again. */
const GUIDE_TIMEOUT_MS = 20_000

/** Steps after which the flow is over without a result, for want of time. */
const EXPIRED = 'expired'
/** Fields of several widgets on one page need names of their own. */
const taken = new Set()

/**
 * What the widget asks of the page around it: network, words, clipboard, printer, host events. It decides nothing.
 * Here and not in Rust, because the glue for each browser interface costs more bytes than the whole call.
 */
export class Page {
  /** The service's last answer about the flow. */
  view
  /** Words of the host's own, by the catalogue's keys. */
  messages
  /** What a person has tried, for support. */
  tried = []
  #element
  #words
  #wanted
  #root
  #announce
  #anchor
  #asking
  #watched
  /** @type {any} */
  #suffix = ''
  // Made once: that takes longer than all their answers.
  #first
  /** The field that stood before the widget did, and what was around it. */
  #early
  #around
  #step
  #pushed = false
  #scrolls
  #guard = (event) => event.preventDefault()
  #popped = () => this.#root.querySelector('[data-back]')?.click()

  /** `root`: where the widget is drawn; the element itself, or a place inside of its shadow tree. */
  constructor(element, wanted, root, announce) {
    this.#element = element
    this.#wanted = wanted
    this.#root = root
    this.#announce = announce
    while (taken.has(this.#suffix)) this.#suffix++
    taken.add(this.#suffix)
    root.addEventListener('toggle', this.#opened, true)
    // Asked at once: no answer waits for the module.
    this.#first = this.request('/v1/flow')
    this.#first.catch(() => {})
  }

  /** What the flow is for, as the service says; what the page says where nobody answers. */
  async purpose() {
    const [, view] = await this.#first.catch(() => [])
    return view?.purpose
  }

  /** From here on the widget can be shown. */
  equip(words, messages) {
    this.#words = words
    this.messages = messages
  }

  get submitsItself() {
    return !this.#element.hasAttribute('manual-submit')
  }

  /** An id that nobody else on the page has. */
  id(name) {
    return name + this.#suffix
  }

  /** The field is there before the widget is. */
  begin(input, around) {
    this.#early = input
    this.#around = around
    this.focus()
  }

  get typedEarly() {
    return this.#early?.value ?? ''
  }

  /** The field that stood on the page before the widget did; what was around it goes with the next screen. */
  earlyField() {
    return this.#early
  }

  /**
   * Where the widget is in a shadow tree, its fields are children of the element, so that password managers and autofill
   * find them; the slot that comes back shows them in their place.
   */
  place(input, label, help) {
    if (this.#root === this.#element) return undefined
    const slot = make('slot', { name: input.id })
    // As a child of the element it would belong to a form of the page's around it, and be posted with it.
    input.removeAttribute('name')
    input.setAttribute('form', '')
    Object.assign(input, {
      slot: input.id,
      ariaLabel: label,
      ariaDescription: help,
      // Not the form of the page around it.
      onkeydown: (event) => {
        if (event.key !== 'Enter' || event.isComposing) return
        event.preventDefault()
        input.assignedSlot.closest('form').requestSubmit()
      },
    })
    // The same field of the screen before, where one screen follows another of its kind.
    for (const old of this.#placed()) if (old.slot === input.id && old !== input) old.remove()
    this.#element.append(input)
    // The line below the field says what is wrong with it; no id leads from here to there.
    const told = new MutationObserver(() => { input.ariaDescription = slot.nextElementSibling?.textContent || help })
    queueMicrotask(() => told.observe(slot.parentNode, { childList: true, characterData: true, subtree: true }))
    return slot
  }

  /**
   * Beside the code, the browser's own "back" leads back to it. The browser scrolls to where the page was then only where
   * it is left to: the screen is another one now.
   */
  aside(aside) {
    if (aside === this.#pushed) return
    this.#pushed = aside
    if (!aside) {
      history.scrollRestoration = this.#scrolls
      return removeEventListener('popstate', this.#popped)
    }
    this.#scrolls = history.scrollRestoration
    history.scrollRestoration = 'manual'
    history.pushState(history.state, '')
    addEventListener('popstate', this.#popped)
  }

  /** Off the page. */
  leave() {
    this.guard(false)
    this.watch('')
    this.aside(false)
    // What is still on its way says nothing, takes no focus, and leaves the browser's "back" alone.
    this.#announce = () => {}
    this.#wanted.quiet = this.#pushed = true
    this.#around?.remove()
    taken.delete(this.#suffix)
    for (const input of this.#placed()) input.remove()
    this.#errors.disconnect()
    this.#root.removeEventListener('toggle', this.#opened, true)
  }

  /**
   * What few people read is fetched when it is opened; where it cannot be, they read that, and opening it again tries again. What
   * support needs to know is made anew each time.
   */
  #opened = async (/** @type {any} */ { target }) => {
    const { guide } = target.dataset
    if (!guide || !target.open || target.ariaBusy || (guide === 'figures' && !this.view?.figures)) return
    target.ariaBusy = 'true'
    const place = make('div', { role: 'status', className: 'nidan-guide', textContent: '…' })
    while (target.children.length > 1 && target.lastChild.matches('.nidan-guide')) target.lastChild.remove()
    target.append(place)
    try {
      const late = new Promise((_, give) => setTimeout(give, GUIDE_TIMEOUT_MS))
      const { tell } = await Promise.race([loadPart('guide.js'), late])
      const nodes = await Promise.race([tell(this, guide, { loadJson, make }), late])
      // Nobody wants a whole table read out.
      place.role = null
      place.replaceChildren(...nodes)
      if (guide !== 'slip') target.dataset.guide = ''
    } catch {
      place.role = 'alert'
      place.textContent = this.#root.querySelector('[data-failed]')?.dataset.failed ?? ''
    }
    target.ariaBusy = null
  }

  #placed() {
    return this.#element.querySelectorAll(':scope > [slot^="nidan-"]')
  }

  get locale() {
    return this.#wanted.locale
  }

  get direction() {
    return this.locale === 'ar' ? 'rtl' : 'ltr'
  }

  /** The text at a place; of one that has forms, the form for the count. */
  words(place, count) {
    const text = this.#words[place]
    return text.other ? text[new Intl.PluralRules(this.locale).select(count)] ?? text.other : text
  }

  number(value) {
    return value.toLocaleString(this.locale)
  }

  date(seconds) {
    return new Date(seconds * 1000).toLocaleString(this.locale, { dateStyle: 'long', timeStyle: 'short' })
  }

  /**
   * Unix seconds by the service's clock: the person's own may be wrong. The browser's steady clock counts on from the
   * service's answer; some machines stop it while they sleep, so where it and the wall clock part, the service is asked
   * again.
   */
  now() {
    if (!this.#anchor) return 0
    const steady = performance.now() - this.#anchor.steady
    const wall = Date.now() - this.#anchor.wall
    if (Math.abs(wall - steady) > 2_000 && !this.#asking) {
      this.#asking = true
      // Any answer settles it, a refusal too: a flow that is over is not asked about every second. Without one the next
      // call asks again.
      const settle = () => { this.#anchor.wall = Date.now() - (performance.now() - this.#anchor.steady) }
      this.request('/v1/flow').then(settle, () => {}).then(() => { this.#asking = false })
    }
    return (this.#anchor.service + steady) / 1000
  }

  /** Resolves to [ok, json]; rejects when nobody answers, too late, or with something else than JSON. */
  async request(path, body) {
    const first = this.#first
    if (first && path === '/v1/flow') {
      this.#first = undefined
      return first
    }
    // For support: what was asked, and what came of it. No code, no secret, two digits of a number at most.
    const one = { at: this.now(), path }
    if (TRIES.test(path) && body) this.tried.push(one)
    const answer = await fetch(this.#wanted.service + path, {
      method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
      // A header of its own: proxies ask for a password in the usual one, take it away, or keep answers by it. Their cookies and
      // passwords are the page's, so they go along to its own origin. The service reads the token only.
      headers: { 'Nidan-Flow': this.#wanted.token, 'Accept-Language': this.locale, ...(body && { 'Content-Type': 'application/json' }) },
      cache: 'no-store',
      // Another place would get the token.
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const json = await answer.json()
    // A refusal says nothing of the flow.
    if (answer.ok && path === '/v1/flow') this.view = json
    const { code, id, channel, hint, reference, delivery } = json
    Object.assign(one, { answered: true, code, id, channel, hint, reference, delivery })
    if (json.server_time_ms) {
      this.#anchor = { service: json.server_time_ms, steady: performance.now(), wall: Date.now() }
    }
    return [answer.ok, json]
  }

  /**
   * Reports the delivery status of a code, and the code itself where the browser reads the message (WebOTP), until the next call. An
   * empty path only ends it.
   */
  watch(path, heard) {
    this.#watched?.abort()
    this.#watched = new AbortController()
    if (!path) return
    const { signal } = this.#watched
    this.#follow(path, heard, signal)
    if (!('OTPCredential' in window)) return
    const told = (/** @type {any} */ { code }) => { if (!signal.aborted) heard(code) }
    navigator.credentials.get(/** @type {any} */ ({ otp: { transport: ['sms'] }, signal })).then(told, () => {})
  }

  /** Server-sent events; `EventSource` cannot send the token. Where they do not come through, it asks now and then. */
  async #follow(path, heard, signal) {
    let streams = true
    while (!signal.aborted) {
      const turn = new AbortController()
      signal.addEventListener('abort', () => turn.abort())
      // A proxy that gathers answers passes nothing on.
      const stalled = setTimeout(() => { streams = false; turn.abort() }, STALL_MS)
      try {
        const { body } = streams && await fetch(`${this.#wanted.service}${path}/events`, {
          headers: { 'Nidan-Flow': this.#wanted.token }, cache: 'no-store', redirect: 'error', signal: turn.signal,
        })
        let rest = ''
        for (const reader = body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
          const { value, done } = await reader.read()
          clearTimeout(stalled)
          if (done) break
          const lines = (rest + value).split('\n')
          rest = lines.pop()
          for (const line of lines) if (line.startsWith('data:')) heard(JSON.parse(line.slice(5)))
        }
      } catch { /* The next turn asks without a stream. */ }
      clearTimeout(stalled)
      await new Promise((done) => setTimeout(done, POLL_MS))
      if (signal.aborted) return
      const [ok, json] = await this.request(path).catch(() => [])
      if (ok && !signal.aborted) heard(json)
    }
  }

  /**
   * Another screen is shown. Within the press that led here the focus follows: some phones open their keyboard only then,
   * and whoever types on at once loses nothing.
   */
  shown(step, focuses) {
    queueMicrotask(() => {
      this.#around?.remove()
      this.#early = this.#around = undefined
      // Shapes are attributes, and `all: revert` on a page takes those away; a style of their own it does not.
      for (const path of this.#root.querySelectorAll('path')) path.style.d = `path("${path.getAttribute('d')}")`
      for (const input of this.#placed()) if (!input.assignedSlot) input.remove()
      if (focuses) this.focus()
      this.#wanted.quiet = false
      this.#errors.observe(this.#root, { subtree: true, childList: true })
      if (!this.#step) this.#announce('nidan-ready', { step }, false)
      this.#step = step
      this.#announce('nidan-step', { step }, false)
      if (step === EXPIRED) this.#announce('nidan-expired', null, false)
    })
  }

  /**
   * Puts the focus on the element that a screen marks, or on its title; not away from where the person is on the page, unless
   * the page asks for it.
   */
  focus(asked) {
    const { activeElement: now } = document
    let top = this.#element
    while (top.getRootNode().host) top = top.getRootNode().host
    if (!asked && (this.#wanted.quiet || (now && !now.contains(top) && !this.#element.contains(now)))) return undefined
    // Where something is set up beside a page, that page is not shown.
    const find = (selector) => [this.#root, this.#element].flatMap((place) => [...place.querySelectorAll(selector)]).find((node) => node.checkVisibility())
    const target = this.#early ?? find('[data-focus]') ?? find('h2')
    target?.focus({ preventScroll: true })
    this.#element.scrollIntoView({ block: 'nearest' })
    // Of a screen that is higher than the window the question comes first.
    find('h2')?.scrollIntoView({ block: 'nearest' })
    return target
  }

  /** What is wrong comes into view, and whoever pressed a button types on in the field that it is about. */
  #errors = new MutationObserver((changes) => {
    for (const change of changes) {
      const target = /** @type {HTMLElement} */ (change.target)
      if (!target.matches('.nidan-error') || !target.textContent) continue
      const before = /** @type {any} */ (target.previousElementSibling)
      const field = before?.assignedElements?.()[0] ?? before
      if (field?.matches('input') && this.#element.contains(document.activeElement)) field.focus()
      target.scrollIntoView({ block: 'nearest' })
    }
  })

  /** What may keep a code from coming. Where it cannot be fetched that is said, and the ways on are there all the same. */
  help(country, channel) {
    const place = () => this.#root.querySelector('.nidan-causes')
    const say = (text) => place()?.replaceChildren(text)
    let isOver
    setTimeout(() => isOver || say('…'))
    loadPart('help.js').then(({ advise }) => advise({ loadJson, make }, place, this.locale, country, channel))
      .catch(() => say(place()?.dataset.failed ?? '')).then(() => { isOver = true })
  }

  /** Whether leaving now asks first. */
  guard(on) {
    if (on) addEventListener('beforeunload', this.#guard)
    else removeEventListener('beforeunload', this.#guard)
  }

  async copy(text) {
    await navigator.clipboard.writeText(text)
  }

  /** `nidan-complete`; unless the page takes it, a form post: hosts without any script of their own work too. */
  complete(resultCode, outcome) {
    const goesOn = this.#announce('nidan-complete', { resultCode, outcome })
    if (!goesOn || !this.#element.hasAttribute('complete-url')) return
    let action
    try {
      action = httpUrl(this.#element, 'complete-url')
    } catch (error) {
      // Changed since it was read: reported, and not thrown through the module, which could not go on after it.
      return this.#announce('nidan-error', { ...error, message: error.message }, false)
    }
    const form = make('form', { method: 'post', action })
    form.append(make('input', { type: 'hidden', name: 'result_code', value: resultCode }))
    document.body.append(form)
    form.submit()
  }

  /** Whether the last login in this browser was by a passkey; `now` says of which sort this one was. */
  usedPasskey(now) {
    try {
      if (now) localStorage[USED_PASSKEY] = now
      else if (now === false) delete localStorage[USED_PASSKEY]
      return USED_PASSKEY in localStorage
    } catch { /* Some browsers keep pages from storing: a login begins there as elsewhere. */ }
  }

  /** Asks for a passkey, or for a new one: what became of it. */
  async passkey(kind, asked) {
    return (await loadPart('passkey.js')).ask(this, kind, asked)
  }

  /** Something was changed: its kind, and nothing of it. */
  changed(change) {
    this.#announce('nidan-changed', { change }, false)
  }

  /** The person says that the sign-in is not theirs: a page of the host's own can lead on from here. */
  reported() {
    this.#announce('nidan-reported', null, false)
  }

  /** `nidan-restart`; unless the page takes it, a reload: the page then brings a new flow token. */
  restart() {
    if (!this.#announce('nidan-restart')) return
    // The entry of this page scrolls by itself again.
    this.aside(false)
    location.reload()
  }
}
