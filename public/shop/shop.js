// The demo shop's pages. A host needs none of this: it is the shop's own sign-up, sign-in and security page.
// What belongs to Nidan is at "startTwoStep": two attributes from the back end, one element.

const WORDS = {
  ja: {
    brand: '二段ショップ', phone: 'デモ用スマートフォン', goods: '本日のおすすめ', tea: '宇治の煎茶', cup: '有田焼の湯のみ', cloth: '今治のてぬぐい',
    signIn: 'ログイン', signUp: '新規登録', signOut: 'ログアウト', email: 'メールアドレス', password: 'パスワード（8文字以上）',
    haveAccount: '登録済みの方はログイン', noAccount: 'はじめての方は新規登録', hello: 'ようこそ、{email} さん',
    account: 'アカウントサービス', security: 'ログインとセキュリティ', twoStep: '2段階認証', off: 'オフ', on: 'オン',
    offText: 'パスワードに加えて、スマートフォンのコードで守ります。', setUp: '2段階認証を設定する',
    totp: '認証アプリ{called}', sms: 'SMS（末尾{hint}）', voice: '電話（末尾{hint}）', passkey: 'パスキー{called}', codes: 'バックアップコード {count}個', and: '、', called: '（{name}）', justOn: '設定が完了しました。',
    onNote: 'ログインのたびに、パスワードの次にコードをお聞きします。', history: '最近の記録', trusted: '信頼したブラウザー：{count}台', forget: 'すべてのブラウザーでコードを聞く',
    again: 'ご本人確認のため、もう一度パスワードを入力してください。', confirm: '確認する', cancel: 'やめる', losesCodes: '2段階認証はまだオンになっていません。やめると、表示中のバックアップコードは使えなくなります。やめますか？',
    serviceDown: '2段階認証サービスに接続できません。しばらくしてから、もう一度お試しください。',
    fallback: '画面を表示できません。ブラウザーを新しくするか、JavaScript と WebAssembly を有効にしてください。', fallbackSetUp: 'この端末では設定の画面を表示できません。ブラウザーを新しくするか、スマートフォンなど別の端末でログインして設定してください。',
    plain: '簡単な画面で続ける', backendDown: 'ショップのサーバーが動いていません。ターミナルで「cargo xtask demo」を実行してください。',
    taken: 'このメールアドレスはすでに登録されています。ログインしてください。', wrong: 'メールアドレスまたはパスワードが違います。',
    email_invalid: 'メールアドレスを確認してください（64文字まで、「:」は使えません）。', password_short: 'パスワードは8文字以上にしてください。', failed: 'うまくいきませんでした。もう一度お試しください。',
    refused: '結果を確認できませんでした。もう一度お試しください。', service_down: '2段階認証サービスに接続できないため、ログインできません。しばらくしてから、もう一度お試しください。', reauth_required: '時間が過ぎました。もう一度ログインしてください。',
    manage: '方法の確認と変更', justChanged: '変更しました。', justLost: 'なくしたスマートフォンではログインできないようにし、ほかの端末からログアウトしました。新しいスマートフォンは「方法の確認と変更」から追加してください。', pausedUntil: '{date}まで一時停止中です。', mailbox: 'メールボックス（デモ用）', noMail: 'お知らせはまだありません。', mailNotYou: '心当たりがない場合は、すぐにログインして「身に覚えのないものがある」を押し、パスワードを変更してください。', mailSoon: 'その後のログインでは、またコードを入力します。スマートフォンなどをご用意ください。',
    goOn: 'もう一度試す', signInFirst: '設定を始めるには、もう一度ログインしてください。', owesSetUp: 'サポートのコードを確認しました。続けるには、2段階認証をもう一度設定してください。',
    notMe: '身に覚えのないものがある', notMeText: 'すべての端末からログアウトし、どのブラウザーでも次のログインからコードを確認します。', notMeDone: '進行中のログインを止め、すべての端末からログアウトしました。もう一度ログインして、パスワードを変更してください。',
    changePassword: 'パスワードの変更', oldPassword: '今のパスワード', newPassword: '新しいパスワード（8文字以上）', change: '変更する', changed: 'パスワードを変更しました。ほかの端末からはログアウトしました。', signInToChange: 'パスワードを変更するには、まずログインしてください。',
    staffHint: '「@staff.example」のアドレスはスタッフ用です。2段階認証が必要です。', setUpLater: 'あとで設定することにしました。このページからいつでも設定できます。', mustAdd: 'お使いのアカウントには、方法がもう1つ必要です。下から追加してください。',
    kinds: { enrolled: '2段階認証をオンにしました', set_up_skipped: '2段階認証の設定が先送りされました（パスワードだけでログインできます）', code_sent: 'ログインのコードを送りました', verified: 'ログインしました', code_wrong: '間違ったコードが入力されました', many_codes_wrong: '間違ったコードが1日に{count}回入力されました', backup_code_used: 'バックアップコードでログインしました（残り{count}個）', method_suspended: '方法が1つ停止されました', method_reinstated: '方法が1つ再開されました', browser_trusted: 'ブラウザーを信頼しました', trusted_browser_used: '信頼したブラウザーからログインしました', trusted_browser_copied: '信頼情報のコピーが使われました', trust_revoked: 'ブラウザーの信頼を取り消しました', approval_asked: 'ログインのコードを、別のブラウザーに表示するよう求められました', approval_shown: '信頼したブラウザーが、ログインのコードを表示しました', method_held: '方法の利用を止めました', method_released: '止めていた方法を再開しました', proved: '登録した方法を見るため、本人確認をしました', method_tested: '方法を試しました', method_added: '方法を追加しました', method_replaced: '方法を交換しました', method_removed: '方法を削除しました', method_retired: '交換前の方法がなくなりました', backup_codes_renewed: 'バックアップコードを作り直しました', paused: '2段階認証を{count}時間、一時停止しました', pause_ending: '一時停止がまもなく終わります', resumed: '2段階認証を再開しました', turned_off: '2段階認証をオフにしました', reset: 'サポートが、登録した方法をすべて削除しました', temporary_code_made: 'サポートが、1回だけログインできるコードを発行しました', temporary_code_used: 'サポートのコードでログインしました', reported: '「このログインに覚えがない」と報告されました' },
  },
  en: {
    brand: 'Nidan Shop', phone: 'Demo phone', goods: 'Today’s picks', tea: 'Green tea from Uji', cup: 'Arita tea cup', cloth: 'Imabari hand towel',
    signIn: 'Sign in', signUp: 'Create account', signOut: 'Sign out', email: 'Email', password: 'Password (8 characters or more)',
    haveAccount: 'I have an account', noAccount: 'I am new here', hello: 'Welcome, {email}',
    account: 'Your account', security: 'Login & security', twoStep: 'Two-step verification', off: 'Off', on: 'On',
    offText: 'Protects your account with a code from your phone, in addition to the password.', setUp: 'Set up two-step verification',
    totp: 'authenticator app{called}', sms: 'SMS to •••{hint}', voice: 'call to •••{hint}', passkey: 'a passkey{called}', codes: '{count} backup codes', and: ', ', called: ' “{name}”', justOn: 'Set-up complete.',
    onNote: 'At each sign-in, a code is asked for after the password.', history: 'Recent activity', trusted: 'Trusted browsers: {count}', forget: 'Ask for a code in all browsers',
    again: 'To make sure it is you, please type your password again.', confirm: 'Confirm', cancel: 'Leave', losesCodes: 'Two-step verification is not on yet. If you leave now, the backup codes on this page will open nothing. Leave?',
    serviceDown: 'The two-step verification service cannot be reached. Please try again in a moment.',
    fallback: 'This cannot be shown. Please use a newer browser, or allow JavaScript and WebAssembly.', fallbackSetUp: 'The set-up cannot be shown on this device. Please use a newer browser, or sign in on another device, such as your phone, and set it up there.',
    plain: 'Go on with a plain page', backendDown: 'The shop’s back end is not running. Type “cargo xtask demo” in a terminal.',
    taken: 'This address has an account already. Please sign in.', wrong: 'The address or the password is not right.',
    email_invalid: 'Please check the address (64 characters at most, no colon).', password_short: 'The password needs 8 characters or more.', failed: 'That did not work. Please try again.',
    refused: 'The result could not be confirmed. Please try again.', service_down: 'The two-step verification service cannot be reached, so nobody can sign in. Please try again in a moment.', reauth_required: 'Time is up. Please sign in again.',
    manage: 'See and change your methods', justChanged: 'Your changes are saved.', justLost: 'The lost phone lets nobody in any more, and other devices are signed out. Add your new phone under “See and change your methods”.', pausedUntil: 'Paused until {date}.', mailbox: 'Mailbox (for the demo)', noMail: 'No notice has come yet.', mailNotYou: 'Was it not you? Sign in at once, press “One of these was not me”, and change your password.', mailSoon: 'From then on a code is asked for again. Have your phone at hand.',
    goOn: 'Try again', signInFirst: 'To set it up, please sign in again.', owesSetUp: 'Support’s code was right. To go on, set up two-step verification again.',
    notMe: 'One of these was not me', notMeText: 'This signs you out on all devices, and every browser is asked for a code at the next sign-in.', notMeDone: 'Sign-ins under way are stopped, and you are signed out on all devices. Sign in again and change your password.',
    changePassword: 'Change the password', oldPassword: 'Your password now', newPassword: 'New password (8 characters or more)', change: 'Change', changed: 'The password is changed. Other devices are signed out.', signInToChange: 'Sign in first to change the password.',
    staffHint: 'An address @staff.example is one of our staff: two-step verification is required.', setUpLater: 'Put off for now. You can set it up at any time on this page.', mustAdd: 'Your account needs one more method. Please add it below.',
    kinds: { enrolled: 'Two-step verification was turned on', set_up_skipped: 'The set-up was put off; the password alone was enough', code_sent: 'A code for signing in was sent', verified: 'Signed in', code_wrong: 'A wrong code was typed', many_codes_wrong: 'Wrong codes were typed {count} times in a day', backup_code_used: 'Signed in with a backup code ({count} left)', method_suspended: 'A method was suspended', method_reinstated: 'A method was put back', browser_trusted: 'A browser was trusted', trusted_browser_used: 'Signed in from a trusted browser', trusted_browser_copied: 'A copy of a trusted browser’s token was used', trust_revoked: 'Trust in browsers was revoked', approval_asked: 'A sign-in asked another browser of yours for a code', approval_shown: 'A trusted browser showed the code of a sign-in', method_held: 'A method was stopped', method_released: 'A stopped method is in use again', proved: 'You confirmed that it was you, to see the methods', method_tested: 'A method was tested', method_added: 'A method was added', method_replaced: 'A method was replaced', method_removed: 'A method was removed', method_retired: 'A replaced method is gone', backup_codes_renewed: 'New backup codes were made', paused: 'Two-step verification was paused for {count} hours', pause_ending: 'The pause ends soon', resumed: 'Codes are asked for again', turned_off: 'Two-step verification was turned off', reset: 'Support took all methods out', temporary_code_made: 'Support made a code for one sign-in', temporary_code_used: 'Signed in with support’s code', reported: 'Reported: “This sign-in is not mine”' },
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

function credentials(action, fields, then = () => home()) {
  const error = h('p', { class: 'error', role: 'alert' })
  const submit = async (event) => {
    event.preventDefault()
    error.textContent = ''
    try {
      await then(await api(action, Object.fromEntries(new FormData(event.target))))
    } catch (problem) {
      error.textContent = words[problem.code] ?? t('failed')
    }
  }
  return h('form', { onsubmit: submit, novalidate: '' }, fields, error)
}

function signedOut(action = 'sign-in', notice) {
  const isNew = action === 'sign-up'
  const form = credentials(action, [
    h('label', { for: 'email' }, t('email')),
    h('input', { id: 'email', name: 'email', type: 'email', autocomplete: 'username', required: '' }),
    h('label', { for: 'password' }, t('password')),
    h('input', { id: 'password', name: 'password', type: 'password', required: '', autocomplete: isNew ? 'new-password' : 'current-password' }),
    isNew ? h('p', { class: 'hint' }, t('staffHint')) : [],
    h('button', {}, t(isNew ? 'signUp' : 'signIn')),
  ], ({ flow_token: token, must_add: add }) => (token ? askForCode(token) : add ? startManaging(t('mustAdd')) : home()))
  const other = h('button', { class: 'quiet', onclick: () => signedOut(isNew ? 'sign-in' : 'sign-up') }, t(isNew ? 'haveAccount' : 'noAccount'))
  show(h('section', { class: 'card' }, h('h1', {}, t(isNew ? 'signUp' : 'signIn')), notice && h('p', { class: 'error', role: 'alert' }, notice), form, h('p', {}, other)), goods())
  page.querySelector('input').focus()
}

/** What the administrators' page needs of this one; it is fetched when an administrator signs in. */
const staff = () => import('./staff.js')
const parts = () => ({ h, show, api, home, prove, passwordAgain })

function crumbs() {
  return h('p', { class: 'crumbs' }, h('a', { href: `/?lang=${document.documentElement.lang}` }, t('account')), ' › ', t('security'))
}

function security(me, notice) {
  const two = me.two_step
  const state = two === null
    ? h('p', { class: 'error' }, t('serviceDown'))
    : two.enrolled
      ? [h('p', { id: 'methods' }, [...two.methods.map((method) => t(method.kind, { ...method, called: method.name ? t('called', method) : '' })), t('codes', { count: two.backup_codes_left })].join(t('and'))), h('p', { class: 'note' }, two.paused_until ? t('pausedUntil', { date: dated(two.paused_until) }) : t('onNote')),
        h('p', {}, h('button', { id: 'manage', onclick: () => startManaging() }, t('manage'))), browsers(two), activity()]
      : [h('p', {}, t('offText')), h('p', {}, h('button', { id: 'set-up', onclick: () => startTwoStep() }, t('setUp'))), activity()]
  const approving = h('div', { id: 'approving' })
  const administrators = h('div', {})
  if (me.is_admin) staff().then(({ link }) => administrators.append(link({ h, parts })))
  if (two?.trusted_browsers.length) approve(approving)
  show(
    approving,
    h('p', {}, t('hello', { email: me.email })),
    crumbs(),
    h('h1', {}, t('security')),
    notice && h('p', { class: 'card', role: 'status' }, notice),
    h('section', { class: 'card' }, h('h2', {}, t('twoStep'), two ? [': ', h('span', { class: 'state', id: 'state' }, t(two.enrolled ? 'on' : 'off'))] : ''), state),
    mailbox(),
    administrators,
    h('button', { class: 'quiet', onclick: async () => { await api('sign-out', {}); home() } }, t('signOut')),
    h('button', { class: 'quiet', id: 'change-password', onclick: newPassword }, t('changePassword')),
    goods(),
  )
}

/** While somebody asks, and until the person is through with it. */
const ASKED = ['waiting', 'code', 'answered', 'over', 'report', 'reported']

/** In a browser that is trusted, the code of a login elsewhere: on the page that somebody opens who is asked to. */
async function approve(place) {
  const again = () => setTimeout(() => { if (place.isConnected) approve(place) }, 10_000)
  const { flow_token: token } = await api('approve', {}).catch(() => { again(); return {} })
  if (!token) return
  const widget = h('nidan-flow', { purpose: 'approve', service: '/2sv', 'flow-token': token, locale: document.documentElement.lang })
  place.hidden = true
  widget.addEventListener('nidan-step', ({ detail: { step } }) => {
    place.hidden = !ASKED.includes(step)
    // What has had its time goes on by itself.
    if (step === 'expired') approve(place)
    if (step === 'unavailable') again()
  })
  // The notice ends every session, in a moment; this one ends now.
  widget.addEventListener('nidan-reported', () => api('sign-out', {}))
  widget.addEventListener('nidan-restart', (event) => { event.preventDefault(); home() })
  place.replaceChildren(widget)
}

function browsers(two) {
  const count = two.trusted_browsers.length
  if (!count) return undefined
  const forget = async () => { await api('forget-browsers', {}); home() }
  return h('p', { id: 'browsers' }, t('trusted', { count }), ' ', h('button', { class: 'quiet', onclick: forget }, t('forget')))
}

const dated = (seconds) => new Date(seconds * 1000).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' })

/** What happened, in the shop's words. */
const told = ({ kind, count }) => (words.kinds[kind] ?? kind).replace('{count}', count)

/** The mails that a host would send for the notices that it gets, each with what to do. */
function mailbox() {
  const place = h('div', { id: 'mails' })
  const open = ({ target }) => target.open && api('mailbox').then(({ mails }) => place.replaceChildren(...(mails.length ? mails.map((mail) =>
    h('article', { class: 'mail' }, h('h3', {}, told(mail)), h('p', { class: 'note' }, [dated(mail.at), mail.client_description].filter(Boolean).join(' · ')), h('p', {}, t(mail.kind === 'pause_ending' ? 'mailSoon' : 'mailNotYou'))))
    : [h('p', {}, t('noMail'))])), () => {})
  return h('section', { class: 'card' }, h('details', { id: 'mailbox', ontoggle: open }, h('summary', {}, t('mailbox')), place))
}

/** What happened lately, as the service's record has it: also where it is off, for the mail that says so leads here. Before the first set-up there is nothing. */
function activity() {
  const list = h('ul', { id: 'activity' })
  const notMe = () => api('not-me', {}).then(() => signedOut('sign-in', t('notMeDone')), ({ code }) => home(words[code] ?? t('failed')))
  const lately = h('details', { hidden: '' }, h('summary', {}, t('history')), list,
    h('p', { class: 'note' }, t('notMeText')), h('p', {}, h('button', { class: 'quiet', id: 'not-me', onclick: notMe }, t('notMe'))))
  api('events').then(({ events }) => {
    lately.hidden = !events.length
    list.append(...events.slice(0, 5).map((event) => h('li', {}, [dated(event.at), told(event), event.client_description].filter(Boolean).join(' · '))))
  }, () => {})
  return lately
}

/** Where a report leads: the old password and a new one, for somebody who is signed in. */
function newPassword() {
  const form = credentials('change-password', [
    h('label', { for: 'password' }, t('oldPassword')),
    h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: '' }),
    h('label', { for: 'new-password' }, t('newPassword')),
    h('input', { id: 'new-password', name: 'new_password', type: 'password', autocomplete: 'new-password', required: '' }),
    h('button', {}, t('change')),
  ], () => { sessionStorage.removeItem('wants-password'); home(t('changed')) })
  const leave = () => { sessionStorage.removeItem('wants-password'); home() }
  show(crumbs(), h('section', { class: 'card' }, h('h1', {}, t('changePassword')), form), h('p', {}, h('button', { class: 'quiet', onclick: leave }, t('cancel'))))
  page.querySelector('input').focus()
}

const autofill = new BroadcastChannel('autofill')

/** What a phone's browser would do with the code of a text. */
function fillFrom(widget) {
  autofill.onmessage = ({ data }) => {
    const field = widget.querySelector('input[autocomplete="one-time-code"]')
    if (!field) return
    field.value = data
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  }
}

/** In the place of another one, or of a button that was pressed: whoever goes on by the keyboard goes on there. */
function takesFocus(widget) {
  widget.addEventListener('nidan-ready', () => widget.focusFirst(), { once: true })
}

/** The host's part at login: the token of the back end's answer, one element. */
/** In the element until it is there, and where it cannot be: the service's own page. */
function plainly(token) {
  return h('form', { class: 'card', method: 'post', action: '/2sv/form' }, h('p', {}, t('fallback')),
    h('input', { type: 'hidden', name: 'flow_token', value: token }), h('input', { type: 'hidden', name: 'lang', value: document.documentElement.lang }),
    h('button', {}, t('plain')))
}

function askForCode(token) {
  const widget = h('nidan-flow', {
    purpose: 'verify', service: '/2sv', 'flow-token': token, locale: document.documentElement.lang,
    'complete-url': `/api/sign-in/complete?lang=${document.documentElement.lang}`,
  }, plainly(token))
  widget.addEventListener('nidan-restart', (event) => { event.preventDefault(); codeAgain() })
  takesFocus(widget)
  fillFrom(widget)
  const leave = async () => { await api('sign-out', {}); signedOut() }
  show(h('h1', { class: 'unseen' }, t('signIn')), widget, h('p', {}, h('button', { class: 'quiet', id: 'leave', onclick: leave }, t('cancel'))))
}

/** A code of whoever is signed in, for something that wants one. */
function prove(token, completeUrl, leave, what) {
  const widget = h('nidan-flow', { purpose: 'verify', service: '/2sv', 'flow-token': token, locale: document.documentElement.lang, 'complete-url': completeUrl }, h('p', { class: 'card' }, t('fallback')))
  widget.addEventListener('nidan-restart', (event) => { event.preventDefault(); leave() })
  takesFocus(widget)
  fillFrom(widget)
  show(h('h1', { class: 'unseen' }, t('security')), h('p', { class: 'card', role: 'status' }, what), widget, h('p', {}, h('button', { class: 'quiet', id: 'leave', onclick: leave }, t('cancel'))))
}

/** A fresh flow while the password is fresh; else from the start. */
async function codeAgain() {
  try {
    const { flow_token: token, must_add: add } = await api('sign-in/flow', {})
    if (token) askForCode(token)
    else if (add) startManaging(t('mustAdd'))
    else home()
  } catch (problem) {
    signedOut('sign-in', words[problem.code] ?? undefined)
  }
}

/** The host's part: ask the back end for a flow, put the element on the page. Whoever owes a set-up can only sign out of it. */
async function startTwoStep(owes, notice = owes === 'support' ? t('owesSetUp') : undefined) {
  const again = () => startTwoStep(owes)
  const out = async () => { await api('sign-out', {}); home() }
  let flow
  try {
    flow = await api('two-step', {})
  } catch (problem) {
    if (problem.code === 'reauth_required') return passwordAgain(again, owes ? out : () => home())
    // It is on by now, or support has made a code: that is asked for at the next sign-in.
    if (problem.code === 'already_enrolled') {
      if ((await api('me').catch(() => ({}))).two_step?.enrolled !== false) return home()
      await api('sign-out', {})
      return signedOut('sign-in', t('signInFirst'))
    }
    if (!owes) return home(t('serviceDown'))
    return show(h('p', { class: 'card error', role: 'alert' }, t('serviceDown')), h('p', {}, h('button', { onclick: again }, t('goOn')), h('button', { class: 'quiet', onclick: out }, t('signOut'))))
  }
  let losesCodes = false
  const leave = h('button', { class: 'quiet', id: 'leave', onclick: () => { if (!losesCodes || confirm(t('losesCodes'))) (owes ? out : home)() } }, t(owes ? 'signOut' : 'cancel'))
  const widget = h('nidan-flow', {
    purpose: 'enroll', service: '/2sv', 'flow-token': flow.flow_token, locale: document.documentElement.lang,
    'complete-url': `/api/two-step/complete?lang=${document.documentElement.lang}`,
  }, h('p', { class: 'card' }, t('fallbackSetUp')))
  widget.addEventListener('nidan-restart', (event) => { event.preventDefault(); again() })
  widget.addEventListener('nidan-step', ({ detail: { step } }) => {
    losesCodes = step === 'save-codes'
    // What is finished cannot be left: the widget's own button leads on.
    leave.hidden = step === 'done'
  })
  takesFocus(widget)
  fillFrom(widget)
  show(owes ? [] : crumbs(), h('h1', { class: 'unseen' }, t('security')), notice ? h('p', { class: 'card', role: 'status' }, notice) : [], widget, h('p', {}, leave))
}

/** The security page: the token of the back end's answer, one element. Somebody without a method is led into the set-up. */
async function startManaging(notice) {
  let flow
  try {
    flow = await api('manage', {})
  } catch (problem) {
    return problem.code === 'reauth_required' ? passwordAgain(() => startManaging(notice)) : home(t('serviceDown'))
  }
  const widget = h('nidan-flow', {
    purpose: 'manage', service: '/2sv', 'flow-token': flow.flow_token, locale: document.documentElement.lang,
    'complete-url': `/api/manage/complete?lang=${document.documentElement.lang}`,
  }, plainly(flow.flow_token))
  widget.addEventListener('nidan-restart', (event) => { event.preventDefault(); startManaging(notice) })
  takesFocus(widget)
  fillFrom(widget)
  show(crumbs(), h('h1', { class: 'unseen' }, t('security')), notice ? h('p', { class: 'card', role: 'status' }, notice) : [], widget, h('p', {}, h('button', { class: 'quiet', id: 'leave', onclick: () => home() }, t('cancel'))))
}

/** The password once more, and on to what wanted it. */
function passwordAgain(next, leave = () => home()) {
  const form = credentials('confirm-password', [
    h('label', { for: 'password' }, t('password')),
    h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: '' }),
    h('button', {}, t('confirm')),
  ], next)
  show(crumbs(), h('section', { class: 'card' }, h('h1', {}, t('security')), h('p', {}, t('again')), form), h('p', {}, h('button', { class: 'quiet', onclick: leave }, t('cancel'))))
  page.querySelector('input').focus()
}

async function home(notice) {
  let me
  try {
    me = await api('me')
  } catch {
    return show(h('p', { class: 'card error' }, t('backendDown')), goods())
  }
  const wantsPassword = sessionStorage.getItem('wants-password')
  if (me.owes_set_up) startTwoStep(me.owes_set_up, notice)
  else if (me.email && wantsPassword) newPassword()
  else if (me.email) security(me, notice)
  else if (me.owes_code && !notice) codeAgain()
  else signedOut('sign-in', notice ?? (wantsPassword ? t('signInToChange') : undefined))
}

// Kept over the sign-in that it asks for first, for this tab.
if (query.get('password') === 'change') sessionStorage.setItem('wants-password', 'yes')
const done = query.get('two-step')
// Said once: the address is this page's again, for a reload or a bookmark.
const helped = query.get('staff')
if (done || helped) history.replaceState(null, '', `/?lang=${document.documentElement.lang}`)
if (helped) staff().then((page) => page.done(parts()))
else if (done === 'add') startManaging(t('mustAdd'))
else home(done === 'later' ? t('setUpLater') : done === 'on' ? t('justOn') : done === 'changed' ? t('justChanged') : done === 'lost' ? t('justLost') : done === 'refused' ? t('refused') : undefined)
