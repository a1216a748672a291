// The demo phone's line: texts as they arrive, and calls that ring, take keys and speak. It plays the carrier too: it
// says what was delivered, and a switch makes it lose messages, delay them, or be a landline.

const WORDS = {
  ja: {
    good: '正常', lost: '届かない', late: '1分遅れる', landline: '固定電話', fill: 'コードを自動入力', filled: '入力しました（コピーもしました）',
    sms: '{number} へのSMS', call: '{number} に着信', answer: '電話に出る', ended: '通話終了', ringing: '呼び出し中…', keys: 'キーパッド', key: '{key} を押す',
  },
  en: {
    good: 'Works', lost: 'Loses messages', late: 'One minute late', landline: 'Landline', fill: 'Fill in the code', filled: 'Filled in, and copied',
    sms: 'Text to {number}', call: 'Call to {number}', answer: 'Answer', ended: 'Call ended', ringing: 'Ringing…', keys: 'Keypad', key: 'Press {key}',
  },
}
const LOOK_EVERY_MS = 1_000
const LATE_MS = 60_000
const KEYS = 2

const lang = document.documentElement.lang === 'en' ? 'en' : 'ja'
const t = (key, places = {}) => WORDS[lang][key].replace(/\{(\w+)\}/g, (_, name) => places[name])
const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? '' })
const list = document.getElementById('messages')
const known = new Set()
/** What a phone's browser offers above the keyboard: here the shop's page takes it. */
const autofill = new BroadcastChannel('autofill')
let behaviour = 'good'

const switches = ['good', 'lost', 'late', 'landline'].map((name) => {
  const button = make('button', 'quiet', t(name))
  const show = () => { for (const other of switches) other.setAttribute('aria-pressed', String(other === button)) }
  button.setAttribute('aria-pressed', String(name === behaviour))
  button.onclick = () => { behaviour = name; show() }
  return button
})
document.getElementById('behaviour').append(...switches)

async function post(message, action, body) {
  const answer = await fetch(`/api/phone/messages/${message.id}/${action}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  })
  return answer.json()
}

const receipt = (message, state) => post(message, 'receipt', { state }).catch(() => {})

function arrive(message) {
  if (message.channel === 'sms' && behaviour === 'landline') return receipt(message, 'failed')
  // A network that loses texts still carries calls: that is the way out.
  if (behaviour === 'lost' && message.channel === 'sms') return undefined
  if (behaviour === 'late') return setTimeout(() => show(message), LATE_MS)
  return show(message)
}

function show(message) {
  document.getElementById('quiet').hidden = true
  list.prepend(message.channel === 'sms' ? text(message) : call(message))
}

/** The last line binds the code to the page: that is what autofill takes. */
function text(message) {
  receipt(message, 'delivered')
  const card = make('section', 'card')
  const body = make('p', 'phone-text', message.text)
  const fill = make('button', '', t('fill'))
  fill.onclick = async () => {
    const code = message.text.match(/#(\d{6})$/)?.[1] ?? ''
    autofill.postMessage(code)
    await navigator.clipboard.writeText(code)
    fill.textContent = t('filled')
  }
  card.append(make('h3', '', t('sms', message)), body, fill)
  return card
}

/** Two tones a second; silent where the browser wants a press first. */
function ring() {
  const bell = new AudioContext()
  for (let second = 0; second < 20; second++) {
    const tone = new OscillatorNode(bell, { frequency: 440 })
    tone.connect(new GainNode(bell, { gain: 0.1 })).connect(bell.destination)
    tone.start(second * 2)
    tone.stop(second * 2 + 1)
  }
  return bell
}

function call(message) {
  const card = make('section', 'card')
  const said = make('p', 'phone-text', t('ringing'))
  said.setAttribute('role', 'status')
  const answer = make('button', '', t('answer'))
  card.append(make('h3', '', t('call', message)), said, answer)
  const say = (words) => {
    said.textContent = words
    if (!('speechSynthesis' in window)) return
    const voice = new SpeechSynthesisUtterance(words)
    voice.lang = message.speech
    voice.rate = 0.8
    speechSynthesis.cancel()
    speechSynthesis.speak(voice)
  }
  const bell = ring()
  answer.onclick = () => {
    bell.close()
    receipt(message, 'delivered')
    say(message.text)
    if (!message.waits_for_digits) return answer.remove()
    answer.replaceWith(keypad(async (keys) => {
      const { says } = await post(message, 'digits', { digits: keys })
      // Wrong keys: the call hangs up and says nothing.
      if (says) say(says)
      else said.textContent = t('ended')
    }))
  }
  return card
}

/** Twelve keys; the second press ends the input. */
function keypad(done) {
  const pad = make('p', 'phone-keys')
  pad.setAttribute('role', 'group')
  pad.setAttribute('aria-label', t('keys'))
  let pressed = ''
  for (const key of '123456789*0#') {
    const button = make('button', 'quiet', key)
    button.setAttribute('aria-label', t('key', { key }))
    button.onclick = () => {
      pressed += key
      if (pressed.length < KEYS) return
      pad.remove()
      done(pressed)
    }
    pad.append(button)
  }
  return pad
}

async function look() {
  try {
    const { messages = [] } = await (await fetch('/api/phone/messages')).json()
    for (const message of messages) {
      if (known.has(message.id)) continue
      known.add(message.id)
      // What an earlier tab has shown is no news, but can still be read.
      if (message.state === 'accepted') arrive(message)
      else if (message.state === 'delivered' && message.channel === 'sms') show(message)
    }
  } catch { /* The shop is not there yet, or no longer. */ }
  setTimeout(look, LOOK_EVERY_MS)
}
look()
