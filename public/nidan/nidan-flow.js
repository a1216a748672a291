// Defines <nidan-flow>. Everything that the widget needs is fetched at once and side by side: no request waits for
// another. Where WebAssembly or the network is missing, the element's own children stay.

import { FILES, file, loadHostSheet, loadJson, loadModule, loadPart, loadSheet, make } from './files.js'
import { EARLY } from './languages.js'
import { OBSERVED, defineProperties, httpUrl, read, readMessages, takeOver, withMessages } from './options.js'
import { Page } from './page.js'

/** Then the fallback comes back: an empty place helps nobody. */
const LOAD_TIMEOUT_MS = 20_000
/** How far below the window a lazy element begins. */
const NEAR = '400px'
class NidanFlow extends HTMLElement {
  static observedAttributes = OBSERVED
  #messages
  #mounted
  #page
  #wanted
  /** What is inside of the element while the widget is not. */
  #children
  #generation = 0
  #nearby

  /** Words of the host's own, by the catalogue's keys; read when the element begins. Not a field: that would write over what was set before. */
  get messages() {
    return this.#messages
  }

  set messages(messages) {
    this.#messages = messages
  }

  connectedCallback() {
    takeOver(this)
    // Only moved: it goes on where it was, and finds its look in another tree too.
    if (this.#mounted) this.#dress(this.#wanted).catch(() => {})
    else if (this.#page) return
    else this.#restart()
  }

  /** With it, `moveBefore` moves without an end and a beginning. */
  connectedMoveCallback() {}

  disconnectedCallback() {
    // Frameworks take elements out and put them back at once.
    queueMicrotask(() => { if (!this.isConnected) this.#stop() })
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return
    if (this.isConnected) this.#restart()
    // Put back at once, it must not go on with its earlier attributes.
    else this.#stop()
  }

  /** Begins (anew) now, also where the element waits to come near. */
  start() {
    this.#restart(true)
  }

  /** Takes the widget off and brings the fallback back, unless a listener of `nidan-cancel` prevents it. */
  cancel() {
    if (!this.#page || !this.#announce('nidan-cancel')) return false
    this.#stop()
    return true
  }

  /** Puts the focus where the person goes on; false where there is nothing yet. */
  focusFirst() {
    return !!this.#page?.focus(true)
  }

  /** Frameworks set attributes one by one: start when they are all there. */
  #restart(now) {
    const generation = ++this.#generation
    queueMicrotask(() => { if (generation === this.#generation && this.isConnected) this.#start(generation, now) })
  }

  #stop() {
    this.#generation++
    this.#unmount()
  }

  async #start(generation, now) {
    this.#unmount()
    let glue
    try {
      const wanted = this.#wanted = read(this)
      const messages = readMessages(this)
      if (wanted.loading === 'lazy' && !now) return this.#waitUntilNear()
      // Nobody pressed anything for what begins by coming near.
      wanted.quiet = now === 'near'
      const own = wanted.purpose === 'verify' ? this.querySelector('input[autocomplete~="one-time-code"]') : null
      const place = this.#clear(wanted, own)
      const page = this.#page = new Page(this, wanted, place, this.#announce)
      this.setAttribute('aria-busy', 'true')
      if (wanted.purpose === 'verify') this.#beginEarly(wanted, place, page, own)
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error('slow')), LOAD_TIMEOUT_MS))
      glue = await Promise.race([this.#load(wanted, page, messages), late])
      if (generation !== this.#generation) return
      if (place !== this) this.shadowRoot.replaceChildren(place)
      this.#mounted = glue.mount(place, page)
      // It may have been moved while its files came.
      this.#dress(wanted).catch(() => {})
    } catch (error) {
      if (generation !== this.#generation) return
      this.#unmount()
      if (glue) loadModule.forget(FILES[this.#wanted.purpose][0])
      const reason = glue ? 'broken' : error.reason ?? (/Content.Security|CSP/i.test(error) ? 'blocked' : 'not-loaded')
      this.#complain(error, reason)
    }
    this.removeAttribute('aria-busy')
  }

  #waitUntilNear() {
    this.#nearby = new IntersectionObserver((seen) => {
      if (seen.pop().isIntersecting) this.#restart('near')
    }, { rootMargin: NEAR })
    this.#nearby.observe(this)
  }

  /**
   * Where the widget goes: the element, whose children are kept until it ends, or a shadow tree beside them. A field of the
   * page's own goes on in the widget, so what is kept then is a copy.
   */
  #clear({ dom }, own) {
    if (own || dom !== 'shadow') {
      this.#children = document.createDocumentFragment()
      this.#children.append(...(own ? [...this.childNodes].map((node) => node.cloneNode(true)) : this.childNodes))
    }
    if (dom !== 'shadow') return this
    if (!this.shadowRoot) this.#openRoot()
    if (!own) this.shadowRoot.replaceChildren()
    return make('div')
  }

  /** Whenever the widget does not stand in it, the tree shows the element's own children. */
  #openRoot() {
    const root = this.attachShadow({ mode: 'open' })
    root.append(make('slot'))
    // Fields are outside of this tree, so their labels do not find them by themselves.
    root.addEventListener('click', ({ target }) => {
      const label = /** @type {?HTMLLabelElement} */ (/** @type {Element} */ (target).closest('label[for]'))
      if (label) /** @type {?HTMLElement} */ (this.querySelector(`:scope > #${label.htmlFor}`))?.focus()
    })
  }

  /** Everything side by side; only where the page does not say what the flow is for, the service's answer comes first. */
  #load = async (wanted, page, messages) => {
    // Somebody without a method has nothing to manage: the service begins a set-up.
    if (!wanted.purpose || wanted.purpose === 'manage') wanted.purpose = (await page.purpose()) ?? wanted.purpose
    if (!FILES[wanted.purpose]) throw new Error('no purpose')
    const [module, , prefix, part] = FILES[wanted.purpose]
    const own = Object.keys(messages).length ? loadJson('locales/keys.json') : undefined
    const [glue, catalogue, keys, more] = await Promise.all([
      loadModule(module), loadJson(`locales/${prefix}${wanted.locale}.json`), own, part && loadPart(part), this.#dress(wanted),
    ])
    more?.equip(page, { element: this, httpUrl, file, make, wanted, load: this.#load })
    // By place: a release leaves the keys out, and the words that a purpose has no use for.
    const words = Object.values(catalogue)
    page.equip(keys ? withMessages(words, keys, messages, (error) => this.#complain(error, error.reason)) : words, messages)
    return glue
  }

  async #dress({ dom, purpose }) {
    const sheet = await (dom === 'shadow' ? loadHostSheet : loadSheet)(FILES[purpose][1])
    const root = /** @type {Document | ShadowRoot} */ (dom === 'shadow' ? this.shadowRoot : this.getRootNode())
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet)
  }

  /**
   * A login's field is there at once: the page's own one-time-code field, or one that is drawn here. What is typed into it
   * goes on in the widget, and so does the focus.
   */
  #beginEarly({ locale }, place, page, own) {
    // A form, so that Enter sends nothing of a form of the page's around it.
    const early = make('form', { className: 'nidan' })
    const input = own ?? make('input', { id: page.id('nidan-code'), autocomplete: 'one-time-code', inputMode: 'numeric' })
    if (!own) {
      const line = make('div', { className: 'nidan-code' })
      line.append(make('label', { htmlFor: input.id, textContent: EARLY[locale] }), page.place(input, EARLY[locale], '') ?? input)
      early.append(line)
    } else if (place === this) early.append(...this.childNodes)
    early.addEventListener('submit', (event) => event.preventDefault())
    if (place === this) this.append(early)
    else if (!own) {
      place.append(early)
      this.shadowRoot.replaceChildren(place)
    }
    page.begin(input, early)
  }

  #unmount() {
    this.#nearby?.disconnect()
    const [mounted, page] = [this.#mounted, this.#page]
    this.#mounted = this.#page = undefined
    // A module that has trapped cannot clear up after itself, and nothing else waits for it.
    try { mounted?.free() } catch { /* The trap was reported already. */ }
    page?.leave()
    this.shadowRoot?.replaceChildren(make('slot'))
    if (this.#children) this.replaceChildren(this.#children)
    this.#children = undefined
    this.removeAttribute('aria-busy')
  }

  /** One line in the console and one event. */
  #complain(error, reason) {
    console.error(`nidan-flow: ${error.message}`, error)
    this.#announce('nidan-error', { ...error, reason, message: error.message }, false)
  }

  /** False where a listener prevents what would come next. Never with a secret or a whole number. */
  #announce = (name, detail = null, cancelable = true) =>
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, cancelable, detail }))
}
defineProperties(NidanFlow.prototype)

if (!customElements.get('nidan-flow')) customElements.define('nidan-flow', NidanFlow)
