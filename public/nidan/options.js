// What a host says by attributes and properties, checked.

import { FILES } from './files.js'
import { LOCALES } from './languages.js'

const TOKEN = /^[\w-]{20,200}$/
/** Attributes that take one of a few words. */
const CHOICES = { purpose: Object.keys(FILES), dom: ['light', 'shadow'], loading: ['eager', 'lazy'] }

/** With a change of these the flow begins anew. */
export const OBSERVED = ['service', 'flow-token', 'purpose', 'locale', 'dom', 'loading']
/** These are read when they are needed. */
const READ_LATE = ['complete-url', 'phone-url', 'manual-submit']

/** An attribute that cannot work. */
class OptionError extends Error {
  /** `allowed`: the words that it takes, or what it must be. */
  constructor(option, allowed) {
    super(`"${option}" must be ${[allowed].flat().join(', ')}`)
    Object.assign(this, { option, allowed, reason: 'option' })
  }
}

/** Every attribute is a property as well: `flow-token` is `flowToken`. What was set before the script came is taken over. */
export function defineProperties(prototype) {
  for (const name of [...OBSERVED, ...READ_LATE]) {
    const isFlag = name === 'manual-submit'
    Object.defineProperty(prototype, propertyOf(name), {
      get() { return isFlag ? this.hasAttribute(name) : this.getAttribute(name) },
      set(value) {
        if (value === false || value == null) this.removeAttribute(name)
        else this.setAttribute(name, isFlag ? '' : value)
      },
    })
  }
}

/** Frameworks may set properties on an element whose class is not there yet. */
export function takeOver(element) {
  for (const name of ['messages', ...OBSERVED, ...READ_LATE].map(propertyOf)) {
    if (!Object.hasOwn(element, name)) continue
    const value = element[name]
    delete element[name]
    element[name] = value
  }
}

const propertyOf = (name) => name.replace(/-(.)/, (_, letter) => letter.toUpperCase())

/**
 * What an element's attributes say.
 * @typedef {{ service: string, token: string, locale: string, purpose: ?string, dom: ?string, loading: ?string, quiet?: boolean }} Wanted
 */

/**
 * The attributes of an element that can work; throws an [OptionError].
 * @returns {Wanted}
 */
export function read(element) {
  /** @type {any} */
  const wanted = { service: httpUrl(element, 'service').replace(/\/$/, ''), token: element.getAttribute('flow-token') ?? '' }
  if (!TOKEN.test(wanted.token)) throw new OptionError('flow-token', 'a flow_token')
  for (const [name, allowed] of Object.entries(CHOICES)) {
    wanted[name] = element.getAttribute(name)
    if (![null, ...allowed].includes(wanted[name])) throw new OptionError(name, allowed)
  }
  const wish = element.getAttribute('locale')
  if (wish !== null && !catalogue(wish)) console.warn(`nidan-flow: no ${wish} yet`)
  const wishes = [wish, document.documentElement.lang, ...navigator.languages, 'en']
  wanted.locale = wishes.map(catalogue).find(Boolean)
  for (const name of ['complete-url', 'phone-url']) if (element.hasAttribute(name)) httpUrl(element, name)
  return wanted
}

/** What an attribute points to; throws an [OptionError]. */
export function httpUrl(element, name) {
  const text = element.getAttribute(name)
  try {
    const { href } = new URL(text, document.baseURI)
    if (text && /^https?:/.test(href)) return href
  } catch { /* Told below. */ }
  throw new OptionError(name, 'an http(s) URL')
}

/** The catalogue for a language tag (BCP 47), if there is one. */
function catalogue(wish) {
  const [language, ...rest] = (wish ?? '').toLowerCase().split('-')
  const script = !rest.includes('hans') && /hant|tw|hk|mo/.test(rest) ? 'zh-Hant' : 'zh-Hans'
  return language === 'zh' ? script : LOCALES.find((one) => one.split('-')[0] === language)
}

/** Words of the host's own: `messages`, and before it a `<script type="application/json">` inside of the element. */
export function readMessages(element) {
  const inside = element.querySelector(':scope > script[type="application/json"]')
  try {
    const messages = { ...JSON.parse(inside?.textContent ?? '{}'), ...element.messages }
    const wrong = Object.keys(messages).find((key) => typeof messages[key] !== 'string')
    if (!wrong) return messages
    throw new OptionError(wrong, 'text')
  } catch (error) {
    throw error.reason ? error : new OptionError('messages', 'JSON')
  }
}

/** The catalogue with the host's own words in it; `told` is called with keys that there are not. */
export function withMessages(words, keys, messages, told) {
  const changed = [...words]
  for (const [key, text] of Object.entries(messages)) {
    if (keys.includes(key)) changed[keys.indexOf(key)] = text
    else told(new OptionError(key, 'a key of the catalogue'))
  }
  return changed
}
