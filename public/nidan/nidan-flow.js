// Defines <nidan-flow>. Everything that the widget needs is fetched at once and side by side: no request waits for
// another. Where WebAssembly or the network is missing, the element's own children stay.

import { Page, base, file, make } from './page.js'

const LOCALES = ['en', 'ja']
/** Then the fallback comes back: an empty place helps nobody. */
const LOAD_TIMEOUT_MS = 20_000
const TOKEN = /^[\w-]{20,200}$/

/** Module, sheet and catalogue for each purpose: a login loads nothing of the set-up. */
const FILES = { enroll: ['nidan', 'nidan-flow.css', ''], verify: ['nidan-login', 'nidan-login.css', 'login.'] }
/** The one word that stands on the page before the catalogue does. */
const EARLY = { ja: '6桁のコード', en: '6-digit code' }

// What was fetched, one for all elements of the page: modules, sheet and catalogues.
const kept = new Map()

/** Fetches once; what failed is fetched again by the next element. */
function once(name, load) {
  if (!kept.has(name)) {
    const loaded = load(name)
    loaded.catch(() => kept.delete(name))
    kept.set(name, loaded)
  }
  return kept.get(name)
}

async function loadModule(name) {
  const wasm = fetch(new URL(`${name}_bg.wasm`, base), { credentials: 'same-origin' })
  const glue = await import(new URL(`${name}.js`, base))
  await glue.default({ module_or_path: wasm })
  return glue
}

/** Adopted, not inserted: this works under a policy without any style-src grant. */
async function loadSheet(name) {
  return new CSSStyleSheet().replace(await (await file(name)).text())
}

/** By place: a release leaves the keys out, and the words that a purpose has no use for. */
async function loadWords(name) {
  return Object.values(await (await file(name)).json())
}

/** The first of the wishes that there is a catalogue for. */
function pickLocale(wishes) {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().split('-')[0]
    if (LOCALES.includes(language)) return language
  }
  return LOCALES[0]
}

class NidanFlow extends HTMLElement {
  static observedAttributes = ['service', 'flow-token', 'locale', 'complete-url', 'purpose']
  #mounted = null
  #page = null
  #children = null
  #generation = 0

  connectedCallback() {
    this.#restart()
  }

  disconnectedCallback() {
    this.#generation++
    this.#unmount()
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#restart()
  }

  /** Frameworks set attributes one by one: start when they are all there. */
  #restart() {
    const generation = ++this.#generation
    queueMicrotask(() => { if (generation === this.#generation) this.#start(generation) })
  }

  async #start(generation) {
    this.#unmount()
    const wanted = this.#read()
    if (!wanted) return
    this.#children = document.createDocumentFragment()
    const early = wanted.purpose === 'verify' ? this.#beginEarly(wanted) : undefined
    if (!early) this.#children.append(...this.childNodes)
    this.setAttribute('aria-busy', 'true')
    const page = new Page(this, wanted, early)
    try {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error('too slow')), LOAD_TIMEOUT_MS))
      const glue = await Promise.race([this.#load(wanted, page), late])
      if (generation !== this.#generation) return page.leave()
      this.#page = page
      this.#mounted = glue.mount(this, page)
    } catch (error) {
      page.leave()
      if (generation !== this.#generation) return
      this.#unmount()
      console.error('nidan-flow: not loaded, so the fallback stays', error)
    }
    this.removeAttribute('aria-busy')
  }

  /** Everything side by side; only where the page does not say what the flow is for, the service's answer comes first. */
  async #load(wanted, page) {
    const root = this.getRootNode()
    const purpose = wanted.purpose ?? await page.purpose() ?? 'enroll'
    const [module, sheet, catalogue] = FILES[purpose]
    const styled = once(sheet, loadSheet).then((sheet) => {
      if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet)
    })
    const [glue, words] =
      await Promise.all([once(module, loadModule), once(`locales/${catalogue}${wanted.locale}.json`, loadWords), styled])
    page.equip(words)
    return glue
  }

  /**
   * A login's field stands at once: the page's own one-time-code field, or one that is drawn here. What is typed into it
   * goes on in the widget, and so does the focus.
   */
  #beginEarly({ locale }) {
    const early = make('div', { className: 'nidan' })
    if (this.querySelector('input[autocomplete~="one-time-code"]')) {
      this.#children.append(...[...this.childNodes].map((node) => node.cloneNode(true)))
      early.append(...this.childNodes)
    } else {
      this.#children.append(...this.childNodes)
      early.append(make('form', { className: 'nidan-code' }))
      early.firstChild.append(
        make('label', { htmlFor: 'nidan-code', textContent: EARLY[locale] }),
        make('input', { id: 'nidan-code', autocomplete: 'one-time-code', inputMode: 'numeric' }),
      )
    }
    early.addEventListener('submit', (event) => event.preventDefault())
    this.append(early)
    early.querySelector('input').focus({ preventScroll: true })
    return early
  }

  #unmount() {
    this.#mounted?.free()
    this.#page?.leave()
    this.#mounted = this.#page = null
    if (this.#children) this.append(this.#children)
    this.#children = null
    this.removeAttribute('aria-busy')
  }

  /** The attributes, checked; null and one line in the console when one cannot work. */
  #read() {
    const wrong = (name, why) => {
      console.error(`nidan-flow: "${name}" ${why}`, this)
      return null
    }
    const service = httpUrl(this.getAttribute('service'))
    if (!service) return wrong('service', 'must be an http(s) URL')
    const token = this.getAttribute('flow-token') ?? ''
    if (!TOKEN.test(token)) return wrong('flow-token', 'must be a flow_token')
    const locale = this.getAttribute('locale')
    if (locale !== null && !LOCALES.includes(locale.toLowerCase().split('-')[0])) {
      return wrong('locale', `must be ${LOCALES}`)
    }
    const purpose = this.getAttribute('purpose')
    if (purpose !== null && !(purpose in FILES)) return wrong('purpose', 'must be verify or enroll')
    const completeUrl = this.hasAttribute('complete-url') ? httpUrl(this.getAttribute('complete-url')) : undefined
    if (completeUrl === null) return wrong('complete-url', 'must be an http(s) URL')
    return {
      service: service.replace(/\/$/, ''),
      token,
      locale: pickLocale([locale, document.documentElement.lang, ...navigator.languages]),
      completeUrl,
      purpose,
    }
  }
}

function httpUrl(text) {
  if (!text) return null
  try {
    const url = new URL(text, document.baseURI)
    return ['http:', 'https:'].includes(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

if (!customElements.get('nidan-flow')) customElements.define('nidan-flow', NidanFlow)
