// The demo shop's pages. A host needs none of this: it is the shop's own sign-up, sign-in and security page.
// What belongs to Nidan is at "startTwoStep": two attributes from the back end, one element.

const WORDS = {
  ja: {
    brand: '二段ショップ', phone: 'デモ用スマートフォン', goods: '本日のおすすめ', tea: '宇治の煎茶', cup: '有田焼の湯のみ', cloth: '今治のてぬぐい',
    signIn: 'ログイン', signUp: '新規登録', signOut: 'ログアウト', email: 'メールアドレス', password: 'パスワード（8文字以上）',
    haveAccount: '登録済みの方はログイン', noAccount: 'はじめての方は新規登録', hello: 'ようこそ、{email} さん',
    account: 'アカウントサービス', security: 'ログインとセキュリティ', twoStep: '2段階認証', off: 'オフ', on: 'オン',
    offText: 'パスワードに加えて、スマートフォンのコードで守ります。', setUp: '2段階認証を設定する',
    totp: '認証アプリ 1件', sms: 'SMS（末尾 {hint}）', voice: '電話（末尾 {hint}）', codes: 'バックアップコード {count}個', and: '、', justOn: '設定が完了しました。',
    onNote: 'このデモショップは、署名された結果を確認しました。なお、ログイン時にコードをお聞きする機能はまだありません。',
    again: 'ご本人確認のため、もう一度パスワードを入力してください。', confirm: '確認する', cancel: '設定をやめる',
    serviceDown: '2段階認証サービスに接続できません。しばらくしてから、もう一度お試しください。',
    fallback: '設定画面を表示できません。ブラウザーを新しくするか、JavaScript と WebAssembly を有効にしてください。',
    backendDown: 'ショップのサーバーが動いていません。ターミナルで「cargo xtask demo」を実行してください。',
    taken: 'このメールアドレスはすでに登録されています。ログインしてください。', wrong: 'メールアドレスまたはパスワードが違います。',
    email_invalid: 'メールアドレスを確認してください（64文字まで、「:」は使えません）。', password_short: 'パスワードは8文字以上にしてください。', failed: 'うまくいきませんでした。もう一度お試しください。',
    refused: '設定の結果を確認できませんでした。もう一度お試しください。',
  },
  en: {
    brand: 'Nidan Shop', phone: 'Demo phone', goods: 'Today’s picks', tea: 'Green tea from Uji', cup: 'Arita tea cup', cloth: 'Imabari hand towel',
    signIn: 'Sign in', signUp: 'Create account', signOut: 'Sign out', email: 'Email', password: 'Password (8 characters or more)',
    haveAccount: 'I have an account', noAccount: 'I am new here', hello: 'Welcome, {email}',
    account: 'Your account', security: 'Login & security', twoStep: 'Two-step verification', off: 'Off', on: 'On',
    offText: 'Protects your account with a code from your phone, in addition to the password.', setUp: 'Set up two-step verification',
    totp: '1 authenticator app', sms: 'SMS to •••{hint}', voice: 'call to •••{hint}', codes: '{count} backup codes', and: ', ', justOn: 'Set-up complete.',
    onNote: 'This demo shop has checked the signed result. Asking for the code at login is not built yet.',
    again: 'To make sure it is you, please type your password again.', confirm: 'Confirm', cancel: 'Leave the set-up',
    serviceDown: 'The two-step verification service cannot be reached. Please try again in a moment.',
    fallback: 'The set-up cannot be shown. Please use a newer browser, or allow JavaScript and WebAssembly.',
    backendDown: 'The shop’s back end is not running. Type “cargo xtask demo” in a terminal.',
    taken: 'This address has an account already. Please sign in.', wrong: 'The address or the password is not right.',
    email_invalid: 'Please check the address (64 characters at most, no colon).', password_short: 'The password needs 8 characters or more.', failed: 'That did not work. Please try again.',
    refused: 'The result of the set-up could not be confirmed. Please try again.',
  },
}

const query = new URLSearchParams(location.search)
const lang = query.get('lang') ?? (navigator.language.startsWith('ja') ? 'ja' : 'en')
const words = WORDS[lang] ?? WORDS.ja
const t = (key, places = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => places[name])
document.documentElement.lang = WORDS[lang] ? lang : 'ja'
document.title = t('brand')
for (const place of document.querySelectorAll('[data-t]')) place.textContent = t(place.dataset.t)
for (const link of document.querySelectorAll('nav [hreflang]')) {
  if (link.hreflang === document.documentElement.lang) link.setAttribute('aria-current', 'true')
}
document.querySelector('nav [data-t=phone]').search = `?lang=${document.documentElement.lang}`

/** An element with attributes and children; handlers by `on…`. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (value !== undefined) element.setAttribute(name, value)
  }
  element.append(...children.flat().filter((child) => child !== undefined))
  return element
}

const page = document.getElementById('page')
const show = (...content) => page.replaceChildren(...content.flat().filter((part) => part !== undefined))

async function api(path, body) {
  const init = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(`/api/${path}`, init)
  const json = await answer.json().catch(() => null)
  if (answer.ok) return json
  throw Object.assign(new Error(path), { code: json?.code ?? 'failed' })
}

function goods() {
  const item = (key, price) => h('li', {}, h('b', {}, t(key)), price)
  return h('section', { class: 'card' }, h('h2', {}, t('goods')),
    h('ul', { class: 'goods' }, item('tea', '¥1,200'), item('cup', '¥3,800'), item('cloth', '¥980')))
}

function credentials(action, fields, then = home) {
  const error = h('p', { class: 'error', role: 'alert' })
  const submit = async (event) => {
    event.preventDefault()
    error.textContent = ''
    try {
      await api(action, Object.fromEntries(new FormData(event.target)))
      await then()
    } catch (problem) {
      error.textContent = words[problem.code] ?? t('failed')
    }
  }
  return h('form', { onsubmit: submit, novalidate: '' }, fields, error)
}

function signedOut(action = 'sign-in') {
  const isNew = action === 'sign-up'
  const form = credentials(action, [
    h('label', { for: 'email' }, t('email')),
    h('input', { id: 'email', name: 'email', type: 'email', autocomplete: 'username', required: '' }),
    h('label', { for: 'password' }, t('password')),
    h('input', { id: 'password', name: 'password', type: 'password', required: '', autocomplete: isNew ? 'new-password' : 'current-password' }),
    h('button', {}, t(isNew ? 'signUp' : 'signIn')),
  ])
  const other = h('button', { class: 'quiet', onclick: () => signedOut(isNew ? 'sign-in' : 'sign-up') }, t(isNew ? 'haveAccount' : 'noAccount'))
  show(h('section', { class: 'card' }, h('h1', {}, t(isNew ? 'signUp' : 'signIn')), form, h('p', {}, other)), goods())
  page.querySelector('input').focus()
}

function crumbs() {
  return h('p', { class: 'crumbs' }, h('a', { href: `/?lang=${document.documentElement.lang}` }, t('account')), ' › ', t('security'))
}

function security(me, notice) {
  const two = me.two_step
  const state = two === null
    ? h('p', { class: 'error' }, t('serviceDown'))
    : two.enrolled
      ? [h('p', {}, [...two.methods.map((method) => t(method.kind, method)), t('codes', { count: two.backup_codes_left })].join(t('and'))), h('p', { class: 'note' }, t('onNote'))]
      : [h('p', {}, t('offText')), h('button', { id: 'set-up', onclick: startTwoStep }, t('setUp'))]
  show(
    h('p', {}, t('hello', { email: me.email })),
    crumbs(),
    h('h1', {}, t('security')),
    notice && h('p', { class: 'card', role: 'status' }, notice),
    h('section', { class: 'card' }, h('h2', {}, t('twoStep'), two ? [': ', h('span', { class: 'state', id: 'state' }, t(two.enrolled ? 'on' : 'off'))] : ''), state),
    h('button', { class: 'quiet', onclick: async () => { await api('sign-out', {}); home() } }, t('signOut')),
    goods(),
  )
}

const autofill = new BroadcastChannel('autofill')

/** The host's part: ask the back end for a flow, put the element on the page. */
async function startTwoStep() {
  let flow
  try {
    flow = await api('two-step', {})
  } catch (problem) {
    if (problem.code === 'reauth_required') return passwordAgain()
    return home(problem.code === 'already_enrolled' ? undefined : t('serviceDown'))
  }
  const widget = h('nidan-flow', {
    service: '/2sv', 'flow-token': flow.flow_token, locale: document.documentElement.lang,
    'complete-url': `/api/two-step/complete?lang=${document.documentElement.lang}`,
  }, h('p', { class: 'card' }, t('fallback')))
  widget.addEventListener('nidan-restart', (event) => { event.preventDefault(); startTwoStep() })
  // The demo phone's autofill: what a phone's browser would do with the code of a text.
  autofill.onmessage = ({ data }) => {
    const field = widget.querySelector('input[autocomplete="one-time-code"]')
    if (!field) return
    field.value = data
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  }
  show(crumbs(), widget, h('p', {}, h('button', { class: 'quiet', onclick: () => home() }, t('cancel'))))
}

function passwordAgain() {
  const form = credentials('confirm-password', [
    h('label', { for: 'password' }, t('password')),
    h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: '' }),
    h('button', {}, t('confirm')),
  ], startTwoStep)
  show(crumbs(), h('section', { class: 'card' }, h('h1', {}, t('security')), h('p', {}, t('again')), form), h('p', {}, h('button', { class: 'quiet', onclick: () => home() }, t('cancel'))))
  page.querySelector('input').focus()
}

async function home(notice) {
  let me
  try {
    me = await api('me')
  } catch {
    return show(h('p', { class: 'card error' }, t('backendDown')), goods())
  }
  if (me.email) security(me, notice)
  else signedOut()
}

const done = query.get('two-step')
home(done === 'on' ? t('justOn') : done === 'refused' ? t('refused') : undefined)
