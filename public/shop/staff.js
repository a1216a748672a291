// The administrators' page of the demo shop: who of the staff is covered, and one button for each remedy. What is done
// waits for a code of whoever does it.

const WORDS = {
  ja: {
    title: 'スタッフの2段階認証', open: 'スタッフの管理', none: 'ほかのスタッフはまだいません。', you: '（あなた）',
    covered: '設定済み', add: '方法がもう1つ必要です', waitsBoth: '未設定（{date}まで。先送りできるのは残り{count}回）', waitsDate: '未設定（{date}まで）', waitsTimes: '未設定（先送りできるのは残り{count}回）', unset: '未設定', overdue: '期限切れ（{date}）', now: '次のログインで設定が必要です', never: 'まだ分かりません（次のログインのあとに表示されます）', locked: 'ログインできません', coded: 'コード発行済み（{date}まで）', paused: '一時停止中（{date}まで）',
    left: 'バックアップコード：{count}個', totp: '認証アプリ', sms: 'SMS', voice: '電話', passkey: 'パスキー', and: '、', mixed: '・',
    code: '1回だけログインできるコードを発行', anew: 'リセットしてコードを発行', back: '戻る', reason: '理由（本人確認の方法など）', next: 'コードの入力へ', cancel: 'やめる',
    askCode: '{email} さんが1回だけログインできるコードを発行します。登録した方法はそのまま残ります。', askAnew: '{email} さんの登録済みの認証方法とバックアップコードをすべて削除し、設定し直すためのコードを発行します。元に戻せません。',
    check: '必ず本人であることを確かめてから進めてください。', reason_missing: '理由を1行で入力してください。', needs_factor: '先に、ご自身の2段階認証を設定してください。',
    made: '{email} さんのコード', once: 'このコードは今だけ表示されます。本人に直接伝えてください。{date}まで有効です。', failed: 'コードを表示できません。発行されている可能性があります。一覧を確認してから、必要ならもう一度発行してください。', down: '2段階認証サービスに接続できません。しばらくしてから、もう一度お試しください。',
  },
  en: {
    title: 'Two-step verification of the staff', open: 'Manage the staff', none: 'There is nobody else yet.', you: ' (you)',
    covered: 'Covered', add: 'Needs one more method', waitsBoth: 'Not set up (can wait until {date}, times left: {count})', waitsDate: 'Not set up (can wait until {date})', waitsTimes: 'Not set up (can wait, times left: {count})', unset: 'Not set up', overdue: 'Overdue since {date}', now: 'Has to set it up at the next sign-in', never: 'Not known yet (after the next sign-in)', locked: 'Cannot sign in', coded: 'Has a code until {date}', paused: 'Paused until {date}',
    left: 'backup codes: {count}', totp: 'authenticator app', sms: 'SMS', voice: 'call', passkey: 'passkey', and: ', ', mixed: ' · ',
    code: 'Hand out a code', anew: 'Reset and hand out a code', back: 'Back', reason: 'Reason (how you made sure who it is)', next: 'Go on to your code', cancel: 'Leave',
    askCode: 'This makes a code with which {email} can sign in once. Their methods stay as they are.', askAnew: 'This removes all methods and backup codes of {email}, and makes a code that leads to a new set-up. It cannot be undone.',
    check: 'First make sure that it is really them.', reason_missing: 'Please type a reason, on one line.', needs_factor: 'Set up two-step verification for yourself first.',
    made: 'The code of {email}', once: 'It is shown only now. Tell it to them in person. It is good until {date}.', failed: 'The code cannot be shown. It may have been made: look at the list, and make another one if it is needed.', down: 'The two-step verification service cannot be reached. Please try again in a moment.',
  },
}

const lang = document.documentElement.lang
const t = (key, places = {}) => WORDS[lang][key].replace(/\{(\w+)\}/g, (_, name) => places[name])
const dated = (at) => new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(at * 1000)

/** What somebody reads of a member of the staff, the most urgent first. */
function standing(one) {
  if (!one) return t('never')
  if (one.temporary_code_expires_at) return t('coded', { date: dated(one.temporary_code_expires_at) })
  if (!one.can_sign_in) return t('locked')
  if (one.overdue_since) return t('overdue', { date: dated(one.overdue_since) })
  if (one.enrolment && !one.enrolment.may_skip) return t('now')
  if (one.enrolment) {
    const { deadline, skips_left: count } = one.enrolment
    const key = deadline && count !== undefined ? 'waitsBoth' : deadline ? 'waitsDate' : 'waitsTimes'
    return t(key, { date: deadline ? dated(deadline) : '', count })
  }
  if (one.paused_until) return t('paused', { date: dated(one.paused_until) })
  if (!one.methods.length) return t('unset')
  return t(one.must_add ? 'add' : 'covered')
}

/** The link to this page, for administrators. */
export const link = ({ h, parts }) => h('p', {}, h('button', { id: 'staff', class: 'quiet', onclick: () => list(parts()) }, t('open')))

/** Everybody of the staff. */
export async function list(shop, notice) {
  const { h, show, api, home } = shop
  const leave = h('p', {}, h('button', { class: 'quiet', id: 'leave', onclick: () => home() }, t('back')))
  let people
  try {
    ({ people } = await api('staff'))
  } catch ({ code }) {
    // Signed out meanwhile, say: the shop says what comes then.
    if (code !== 'service_down') return home()
    return show(notice ?? [], h('p', { class: 'card error', role: 'alert' }, t('down')), leave)
  }
  const row = ({ id, email, is_self: isSelf, coverage: one }) => h('li', { 'data-email': email },
    h('b', {}, email, isSelf ? t('you') : ''),
    h('p', { class: 'state' }, standing(one)),
    one?.methods.length ? h('p', { class: 'note' }, [one.methods.map((kind) => t(kind)).join(t('and')), t('left', { count: one.backup_codes_left })].join(t('mixed'))) : [],
    isSelf ? [] : h('p', { class: 'row' }, ['code', 'anew'].map((remedy) => h('button', { class: 'quiet', onclick: () => ask(shop, { id, email }, remedy) }, t(remedy)))))
  show(h('section', { class: 'card' }, h('h1', {}, t('title')), notice ?? [],
    people.length > 1 ? [] : h('p', {}, t('none')), h('ul', { class: 'staff' }, people.map(row))), leave)
}

/** Why, and what it does; then a code of the one who does it. */
function ask(shop, { id, email }, remedy, why = '') {
  const { h, show, api } = shop
  const error = h('p', { class: 'error', role: 'alert' })
  const reason = h('input', { id: 'reason', name: 'reason', maxlength: '200', required: '', value: why })
  const submit = async (event) => {
    event.preventDefault()
    error.textContent = ''
    try {
      const { flow_token: token } = await api('staff/act', { account: id, remedy, reason: reason.value })
      shop.prove(token, `/api/staff/complete?lang=${lang}`, () => list(shop), t(remedy === 'code' ? 'askCode' : 'askAnew', { email }))
    } catch ({ code }) {
      if (code === 'reauth_required') return shop.passwordAgain(() => ask(shop, { id, email }, remedy, reason.value), () => list(shop))
      error.textContent = t(WORDS[lang][code] ? code : 'down')
    }
  }
  show(h('section', { class: 'card' }, h('h1', {}, t(remedy)), h('p', {}, t(remedy === 'code' ? 'askCode' : 'askAnew', { email })), h('p', {}, h('b', {}, t('check'))),
    h('form', { onsubmit: submit, novalidate: '' }, h('label', { for: 'reason' }, t('reason')), reason, h('button', {}, t('next')), error)),
  h('p', {}, h('button', { class: 'quiet', id: 'leave', onclick: () => list(shop) }, t('cancel'))))
  reason.focus()
}

/** What was done: the code, this once. */
export async function done(shop) {
  const { h, api } = shop
  const outcome = await api('staff/outcome', {}).catch(() => null)
  if (!outcome) return list(shop)
  const { people } = await api('staff').catch(() => ({ people: [] }))
  const email = people.find(({ id }) => id === outcome.account)?.email ?? ''
  return list(shop, outcome.made
    ? h('div', { class: 'made', role: 'status' }, h('p', {}, t('made', { email })), h('p', {}, h('code', { id: 'made' }, outcome.made.code)), h('p', {}, t('once', { date: dated(outcome.made.expires_at) })))
    : h('p', { class: 'error', role: 'alert' }, t('failed')))
}
