// Switches above, frames below. The address has the switches, so that a view can be passed on.

import { states } from './states.js'

const SWITCHES = {
  locale: ['Language', ['en', 'ja', 'zh-Hans', 'zh-Hant', 'ko', 'es', 'fr', 'de', 'pt-BR', 'vi', 'ar']],
  theme: ['Theme', ['', 'kura', 'matsuri', 'yoru']],
  scheme: ['Colours', ['', 'light', 'dark']],
  width: ['Width', ['360', '320', '480', '768', '1280']],
  dom: ['Tree', ['light', 'shadow']],
  long: ['Text length', ['', '1.4']],
  host: ['Sheet of the page', ['', 'hostile']],
  only: ['Show', ['', 'enroll', 'verify', 'manage', 'approve', 'errors']],
}
/** States whose screen tells what went wrong. */
const ERRORS = /wrong|short|length|land|later|failed|expired|typo|unreach|unavail|supers|misconf|spent|rest|susp|else|used/

const asked = new URLSearchParams(location.search)
const form = document.querySelector('#switches')
for (const [name, [label, values]] of Object.entries(SWITCHES)) {
  const select = Object.assign(document.createElement('select'), { name })
  for (const value of values) select.append(new Option(value || 'usual', value, false, value === (asked.get(name) ?? values[0])))
  const field = Object.assign(document.createElement('label'), { textContent: `${label} ` })
  field.append(select)
  form.append(field)
}
form.addEventListener('change', () => {
  history.replaceState(null, '', `?${new URLSearchParams(new FormData(form))}`)
  draw()
})
draw()

function draw() {
  const wanted = Object.fromEntries(new FormData(form))
  document.documentElement.dataset.scheme = wanted.scheme
  const chosen = states.filter(({ name, purpose }) => !wanted.only || purpose === wanted.only || (wanted.only === 'errors' && ERRORS.test(name)))
  document.querySelector('#frames').replaceChildren(...chosen.map(({ name }) => figure(name, wanted)))
}

function figure(name, { width, only, ...wanted }) {
  const given = Object.entries({ state: name, ...wanted }).filter(([, value]) => value)
  const src = `/gallery/frame.html?${new URLSearchParams(given)}`
  const frame = Object.assign(document.createElement('iframe'), { src, loading: 'lazy', title: name })
  frame.width = width
  frame.height = 640
  const link = Object.assign(document.createElement('a'), { href: src, textContent: name })
  const caption = document.createElement('figcaption')
  caption.append(link)
  const figure = document.createElement('figure')
  figure.append(caption, frame)
  return figure
}
