// An authenticator in a page, for newcomers without a phone at hand: it plays the phone's part in the demo and uses the
// browser's own Web Crypto, so it is independent of the widget. It keeps entries until the tab is closed.

const WORDS = {
  ja: {
    title: 'デモ用スマートフォン', what: 'スマートフォンがなくても試せるように、電話と認証アプリの代わりをします。',
    app: '認証アプリ', line: 'SMSと電話', lineNote: 'このデモから送られたSMSと電話が、番号にかかわらずすべてここに届きます。', nothing: 'まだ何も届いていません。',
    label: '設定画面の「キーをコピー」で取ったキー、または otpauth:// リンク', add: '追加', forgets: 'このタブを閉じると消えます。本物のアカウントには使わないでください。',
    wrong: 'キーを読み取れません。英字A〜Zと数字2〜7の32文字です。', unnamed: '名前なし', remove: '削除', copy: 'コードをコピー', copied: 'コピーしました',
  },
  en: {
    title: 'Demo phone', what: 'Stands in for your phone and its authenticator app, so that you can try everything without one.',
    app: 'Authenticator app', line: 'Messages and calls', lineNote: 'Every text and call of this demo comes here, whatever its number.', nothing: 'Nothing has come yet.',
    label: 'Key (“Copy the key” in the set-up) or otpauth:// link', add: 'Add', forgets: 'Closing this tab forgets everything. Do not use it for real accounts.',
    wrong: 'This is no key: it has 32 characters, A to Z and 2 to 7.', unnamed: 'Unnamed', remove: 'Remove', copy: 'Copy the code', copied: 'Copied',
  },
}
const lang = new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'ja'
const t = (key) => WORDS[lang][key]
document.documentElement.lang = lang
document.title = t('title')
for (const place of document.querySelectorAll('[data-t]')) place.textContent = t(place.dataset.t)

/** RFC 4648 §6; case, spaces, hyphens and padding are forgiven, anything else is not. */
function base32(text) {
  const symbols = text.toUpperCase().replace(/[\s-]/g, '').replace(/=+$/, '')
  const bytes = []
  let bits = 0
  let value = 0
  for (const symbol of symbols) {
    const index = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(symbol)
    if (index < 0) return null
    value = (value << 5) | index
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 0xff)
      value &= (1 << bits) - 1
    }
  }
  return value === 0 && bytes.length >= 16 ? new Uint8Array(bytes) : null
}

function parse(text) {
  const typed = text.trim()
  if (!typed.startsWith('otpauth://totp/')) return { name: t('unnamed'), secret: base32(typed) }
  const [label, parameters] = typed.slice('otpauth://totp/'.length).split('?')
  const secret = new URLSearchParams(parameters).get('secret')
  return { name: decodeURIComponent(label), secret: secret && base32(secret) }
}

/** RFC 6238 with SHA-1, six digits and 30 seconds. */
async function code(key, step) {
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(step))
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer))
  const offset = mac.getUint8(19) & 0xf
  return String((mac.getUint32(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const entries = document.getElementById('entries')

async function add(name, secret) {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
  const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? '' })
  const card = make('section', 'card')
  const digits = make('p', 'phone-code')
  const left = Object.assign(document.createElement('progress'), { max: 30 })
  left.setAttribute('aria-hidden', 'true')
  const row = make('p', 'row')
  const copy = make('button', '', t('copy'))
  const remove = make('button', 'quiet', t('remove'))
  row.append(copy, remove)
  card.append(make('h2', '', name), digits, left, row)
  entries.prepend(card)
  copy.onclick = async () => { await navigator.clipboard.writeText(digits.textContent); copy.textContent = t('copied') }
  remove.onclick = () => card.remove()
  let shown
  const tick = async () => {
    const now = Date.now() / 1000
    const step = Math.floor(now / 30)
    left.value = 30 - (now % 30)
    if (step !== shown) {
      shown = step
      digits.textContent = await code(key, step)
      copy.textContent = t('copy')
    }
    if (card.isConnected) setTimeout(tick, 500)
  }
  tick()
}

document.getElementById('add').onsubmit = (event) => {
  event.preventDefault()
  const field = document.getElementById('key')
  let entry = { secret: null }
  try { entry = parse(field.value) } catch { /* a malformed escape is a malformed link */ }
  document.getElementById('error').textContent = entry.secret ? '' : t('wrong')
  if (!entry.secret) return field.focus()
  field.value = ''
  add(entry.name, entry.secret)
}
