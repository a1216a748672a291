// `mount(element, options, callbacks)`: the element by a function call, for applications. What it is given is checked: an
// option or a callback that there is not is refused by its name.

import { loadScript } from './files.js'

/** What the element takes, as its properties are called: whether it must be there, and what it may be. */
const OPTIONS = {
  service: { required: true }, flowToken: { required: true }, purpose: { words: ['verify', 'enroll', 'manage', 'approve'] }, locale: {}, completeUrl: {}, phoneUrl: {},
  manualSubmit: { type: 'boolean' }, dom: { words: ['light', 'shadow'] }, loading: { words: ['eager', 'lazy'] }, messages: { type: 'object' },
}
/** Callbacks and the events behind them. */
const CALLBACKS = {
  onReady: 'nidan-ready', onStep: 'nidan-step', onComplete: 'nidan-complete', onCancel: 'nidan-cancel', onExpired: 'nidan-expired',
  onChanged: 'nidan-changed', onReported: 'nidan-reported', onRestart: 'nidan-restart', onError: 'nidan-error',
}

await loadScript('nidan-flow.js')

/**
 * Puts a `<nidan-flow>` at the end of `parent`. Each callback gets the event's `detail` and the event, which it may cancel.
 * Throws a `TypeError` that names the option or callback that there is not, or that has another type, and what is allowed.
 */
export function mount(parent, options, callbacks) {
  only(options, 'option', OPTIONS)
  only(callbacks, 'callback', CALLBACKS)
  check(options)
  const listeners = listenersOf(callbacks)
  const element = parent.ownerDocument.createElement('nidan-flow')
  for (const name of Object.keys(OPTIONS)) if (options[name] != null) element[name] = name === 'messages' ? { ...options[name] } : options[name]
  for (const [event, heard] of listeners) element.addEventListener(event, heard)
  parent.append(element)
  return {
    element,
    /** Begins anew now. */
    start: () => element.start(),
    /** Takes the widget off, unless `onCancel` cancels its event; whether it did. */
    cancel: () => element.cancel(),
    /** Puts the focus where the person goes on; whether there was such a place. */
    focusFirst: () => element.focusFirst(),
    /** Off the page, and every callback with it; also from inside of one. */
    unmount() {
      for (const [event, heard] of listeners) element.removeEventListener(event, heard)
      element.remove()
    },
  }
}

function only(given, what, known) {
  if (given == null) return
  if (typeof given !== 'object') throw new TypeError(`${what}s must be an object`)
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) throw new TypeError(`there is no ${what} \`${name}\`; there are ${Object.keys(known).join(', ')}`)
  }
}

function check(options) {
  for (const [name, { required, words, type = 'string' }] of Object.entries(OPTIONS)) {
    const value = options?.[name]
    if (value == null) {
      if (required) throw new TypeError(`options: \`${name}\` is missing`)
    } else if (typeof value !== type) throw new TypeError(`options: \`${name}\` must be a ${type}`)
    else if (words && !words.includes(value)) throw new TypeError(`options: \`${value}\` is no \`${name}\`; there are ${words.map((word) => `\`${word}\``).join(', ')}`)
  }
  if (options.messages?.[Symbol.iterator]) throw new TypeError('options: `messages` must be an object of texts by their keys')
  const [key] = Object.entries(options.messages ?? {}).find(([, text]) => typeof text !== 'string') ?? []
  if (key) throw new TypeError(`options: \`messages\` has no text for \`${key}\``)
}

/** What a callback throws is the page's own: as from any listener, it goes to the console and stops nothing. */
function listenersOf(callbacks) {
  return Object.entries(CALLBACKS).filter(([name]) => callbacks?.[name] !== undefined).map(([name, event]) => {
    const callback = callbacks[name]
    if (typeof callback !== 'function') throw new TypeError(`callback \`${name}\` must be a function`)
    return [event, (heard) => callback(heard.detail, heard)]
  })
}
