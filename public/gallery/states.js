// Every screen in every state: what the service answers, and what a person does until it is shown.

import { approving } from './approving.js'
import { managing } from './managing.js'
import { app, call, ceremony, challenge, declined, device, down, login, never, now, passkey, refused, sms, touched, view, voice } from './service.js'

const HOUR = 3600

// The ways of a set-up, one after the other.
const toMethod = async (at) => { await at.go('start'); await at.step('method') }
const toPhone = async (at) => { await at.step('start'); await at.press('.nidan-actions button', 1); await at.step('to-phone') }
const toApp = async (at) => { await toMethod(at); await at.press('[part~="button-main"]', 0); await at.step('get-app') }
const toAdd = async (at) => { await toApp(at); await at.go('get-app'); await at.step('add-account') }
const toConfirm = async (at) => { await toAdd(at); await at.remember(); await at.go('add-account'); await at.step('confirm') }
const toAnother = async (at) => { await toConfirm(at); await at.type('nidan-code', await at.code(0)); await at.step('another') }
const toCodes = async (at) => { await toAnother(at); await at.go('another', -1); await at.step('save-codes') }
const toPost = async (at) => { await toCodes(at); await at.type('nidan-backup', at.text('.nidan-codes code')); await at.go('save-codes') }
const toNumber = (which) => async (at) => { await toMethod(at); await at.press('.nidan-choice button', which); await at.step('number'); await at.find('summary', 1) }
const toSms = toNumber(1)
const toCall = toNumber(2)
const typed = (number) => async (at) => { await toSms(at); await at.type('nidan-number', number); await at.go('number') }
const toSent = async (at) => { await typed('090-1234-5678')(at); await at.step('phone-code') }
const toCalled = async (at) => { await toCall(at); await at.type('nidan-number', '03-1234-5678'); await at.go('number'); await at.step('phone-code') }
const toHelp = async (at) => { await toSent(at); await at.press('.nidan-tools button', 0); await at.step('phone-help') }

const sent = { '/v1/flow/challenges': challenge() }
const called = { '/v1/flow/challenges': call({ hint: '78' }) }
const stored = { '/v1/flow/enrolment': () => ({ outcome: 'enrolled', methods: [app(), sms({ name: 'Work' }), voice()], backup_codes_left: 10, result_code: 'r'.repeat(43) }) }
const ticks = { '/v1/flow': () => view({ policy: { methods: ['totp'], backup_gate: 'tick' } }) }

/** With passkeys, which are recommended. */
const NEXT_WEEK = now() + 7 * 86_400
const REQUIRED = (duty) => ({ '/v1/flow': () => view({ policy: { methods: ['totp', 'sms', 'voice'], backup_gate: 'type_one', enrolment: { required: true, ...duty } } }) })
const WITH_PASSKEYS = { '/v1/flow': () => view({ policy: { methods: ['passkey', 'totp', 'sms', 'voice'], backup_gate: 'type_one' } }), '/v1/flow/ceremonies': ceremony, '/v1/flow/ceremonies/': { ceremony_id: 'ceremony', is_synced: true } }
const toPasskey = async (at) => { await toMethod(at); await at.press('[part~="button-main"]', 0); await at.step('passkey') }
const make = (answer) => async (at) => { device(answer); await toPasskey(at); await at.go('passkey') }
const toPasskeyName = async (at) => { await make(touched)(at); await at.step('passkey-name') }
const toPasskeyAnother = async (at) => { await toPasskeyName(at); await at.type('nidan-passkey', 'My laptop'); await at.go('passkey-name'); await at.step('another') }

const setUp = (name, walk, answers = {}) => ({ name, purpose: 'enroll', walk, answers: { '/v1/flow': () => view(), ...answers } })
const waits = async (at) => at.find('.nidan-busy', 0)

const setUps = [
  setUp('loading', waits, { '/v1/flow': never }),
  setUp('unavailable', async (at) => at.step('unavailable'), { '/v1/flow': down }),
  setUp('start', async (at) => at.step('start')),
  setUp('start-figures', async (at) => { await at.step('start'); at.press('summary', 0); await at.find('details a', 0) }, { '/v1/flow': () => view({ figures: FIGURES }) }),
  setUp('start-required', async (at) => at.step('start'), REQUIRED({ deadline: NEXT_WEEK, skips_left: 2, may_skip: true })),
  setUp('start-required-date', async (at) => at.step('start'), REQUIRED({ deadline: NEXT_WEEK, may_skip: true })),
  setUp('start-required-times', async (at) => at.step('start'), REQUIRED({ skips_left: 1, may_skip: true })),
  setUp('start-required-now', async (at) => at.step('start'), REQUIRED({ deadline: NEXT_WEEK, skips_left: 0, may_skip: false })),
  setUp('start-required-failed', async (at) => { await at.step('start'); await at.press('.nidan-actions button', -1); await at.find('[role="alert"]', 0) }, { ...REQUIRED({ skips_left: 1, may_skip: true }), '/v1/flow/skip': down }),
  setUp('to-phone', toPhone),
  setUp('on-phone', async (at) => { await toPhone(at); await at.step('on-phone') }, { '/v1/flow': (count) => (count > 1 ? refused('flow_conflict', {}, 409)() : view()) }),
  setUp('method', toMethod),
  setUp('method-compare', async (at) => { await toMethod(at); at.press('.nidan-compare summary', 0); await at.find('dl', 2) }),
  setUp('get-app', toApp),
  setUp('get-app-others', async (at) => { await toApp(at); at.press('summary', 0); await at.find('.nidan-apps', 0) }),
  setUp('add-account', toAdd),
  setUp('add-account-large', async (at) => { await toAdd(at); await at.press('.nidan-qr button', 0) }),
  setUp('add-account-key', async (at) => { await toAdd(at); await at.press('summary', 0) }),
  setUp('confirm', toConfirm),
  setUp('confirm-length', async (at) => { await toConfirm(at); await at.type('nidan-code', '1234'); await at.go('confirm') }),
  setUp('confirm-wrong', async (at) => { await toConfirm(at); await at.wrong(1) }),
  setUp('confirm-wrong-again', async (at) => { await toConfirm(at); await at.wrong(2) }),
  setUp('confirm-clock', async (at) => { await toConfirm(at); await at.type('nidan-code', await at.code(-90)) }),
  setUp('method-passkey', toMethod, WITH_PASSKEYS),
  setUp('passkey', toPasskey, WITH_PASSKEYS),
  setUp('passkey-waits', make(never), WITH_PASSKEYS),
  setUp('passkey-not-made', async (at) => { await make(declined('NotAllowedError'))(at); await at.find('[role="status"]:not(:empty)', 0) }, WITH_PASSKEYS),
  setUp('passkey-known', async (at) => { await make(declined('InvalidStateError'))(at); await at.find('.nidan-error:not(:empty)', 0) }, WITH_PASSKEYS),
  setUp('passkey-name', toPasskeyName, WITH_PASSKEYS),
  setUp('another-passkey', toPasskeyAnother, WITH_PASSKEYS),
  setUp('number', toSms),
  setUp('number-countries', async (at) => { await toSms(at); await at.press('summary', 0) }),
  setUp('number-preview', async (at) => { await toSms(at); await at.type('nidan-number', '090-1234-5678') }),
  setUp('number-name', async (at) => { await toSms(at); await at.press('summary', 1) }),
  setUp('number-too-short', typed('090-12')),
  setUp('number-other', typed('090-1234-5678'), { '/v1/flow': () => view({ phone: { countries: ['US', 'JP'], country: 'US', allow_unconfirmed_calls: false } }), '/v1/flow/challenges': refused('phone_too_long') }),
  setUp('number-landline', typed('03-1234-5678'), { '/v1/flow/challenges': refused('phone_not_sms_capable') }),
  setUp('number-later', typed('090-1234-5678'), { '/v1/flow/challenges': refused('send_budget_spent', { retry_at: now() + 300 }, 429) }),
  setUp('number-call', toCall),
  setUp('phone-code', toSent, sent),
  setUp('phone-code-failed', toSent, { '/v1/flow/challenges': challenge({ delivery: 'failed' }) }),
  setUp('phone-code-wrong', async (at) => { await toSent(at); await at.type('nidan-code', '000000') },
    { ...sent, '/v1/flow/challenges/challenge/answer': refused('code_wrong', { attempts_left: 4 }) }),
  setUp('phone-code-expired', async (at) => { await toSent(at); await at.type('nidan-code', '000000') },
    { ...sent, '/v1/flow/challenges/challenge/answer': refused('code_expired') }),
  setUp('phone-call', toCalled, called),
  setUp('phone-help', async (at) => { await toHelp(at); await at.find('.nidan-causes details', 0) }, sent),
  setUp('phone-help-carrier', async (at) => { await toHelp(at); await at.find('.nidan-causes details', 0); at.press('.nidan-causes summary', 0) }, sent),
  setUp('phone-help-questions', async (at) => { await toHelp(at); await at.find('.nidan-causes details', 0); at.press('.nidan-causes > details > summary', -1); await at.find('.nidan-causes details details', 5) }, sent),
  setUp('phone-help-slip', async (at) => { await toHelp(at); await at.find('.nidan-causes details', 0); at.press('.nidan-screen > details > summary', 0); await at.find('details button', 0) }, { ...sent, '/v1/flow': () => view({ support_hours: HOURS }) }),
  setUp('another', toAnother),
  setUp('save-codes', toCodes),
  setUp('save-codes-typo', async (at) => { await toCodes(at); await at.type('nidan-backup', 'K7QM-9XTR'); await at.go('save-codes') }),
  setUp('save-codes-tick', async (at) => {
    await toConfirm(at)
    await at.type('nidan-code', await at.code(0))
    await at.go('save-codes')
  }, ticks),
  setUp('posting', async (at) => { await toPost(at); await at.step('posting') }, { '/v1/flow/enrolment': never }),
  setUp('posting-unreachable', async (at) => { await toPost(at); await at.find('[part~="button-main"]', 0) }, { '/v1/flow/enrolment': down }),
  setUp('done', async (at) => { await toPost(at); await at.step('done') }, stored),
  setUp('expired', async (at) => at.step('expired'), { '/v1/flow': refused('flow_expired', {}, 401) }),
  setUp('superseded', async (at) => at.step('superseded'), { '/v1/flow': refused('flow_conflict', {}, 409) }),
  setUp('already-on', async (at) => at.step('already-on'), { '/v1/flow': () => view({ enrolment: null }) }),
  setUp('misconfigured', async (at) => at.step('misconfigured'), { '/v1/flow': refused('origin_mismatch', {}, 403) }),
]

// A login.
const signIn = (name, methods, walk, answers = {}, changes = {}) =>
  ({ name: `login-${name}`, purpose: 'verify', walk, answers: { '/v1/flow': () => login(methods, changes), ...answers } })
const all = [app(), sms(), voice()]
const says = (code, more, status) => ({ '/v1/flow/verification': refused(code, more, status) })
const atCode = async (at) => at.step('code')
const ERROR = '[role="alert"]:not(:empty)'
const tries = (code, then = (at) => at.find(ERROR, 0)) => async (at) => {
  await atCode(at)
  await at.type('nidan-code', code)
  await at.go('code')
  await then(at)
}
const aside = (which) => async (at) => { await atCode(at); await at.press('.nidan-aside button', which) }
const toWays = async (at) => { await aside(0)(at); await at.step('ways') }
const toWhichLost = async (at) => { await toWays(at); await at.press('.nidan-ways + button', 0); await at.step('which-lost') }
const toLost = async (at) => { await toWhichLost(at); await at.press('.nidan-ways button', 0); await at.step('ways') }
/** Where the host's support has made a code. */
const withCode = (methods) => ({ '/v1/flow': () => { const { verification, ...rest } = login(methods); return { ...rest, verification: { ...verification, temporary_code: true, ...(methods.length ? {} : { backup_codes_left: 0 }) } } } })
const temporary = (code) => async (at) => { await at.step('temporary'); await at.type('nidan-backup', code); await at.go('temporary') }
const toBackup = async (at) => { await toWays(at); await at.press('.nidan-ways button', -1); await at.step('backup') }
const backup = (code) => async (at) => { await toBackup(at); await at.type('nidan-backup', code); await at.go('backup') }
const sends = async (at) => { await atCode(at); await at.press('[part~="button-main"]', 0); await at.find('#nidan-code', 0) }
const report = (logins) => ({ outcome: 'reported', browsers_forgotten: logins.length, logins, host_notified: true })
/** The operator's own words, in one language here. */
const OUTAGE = '一部の携帯電話会社で、SMSの到着が遅れています（11月25日 9時現在）。電話か認証アプリもお使いいただけます。'
const HOURS = '電話 0120-000-000（毎日 9時～18時）、チャット（24時間）'
const FIGURES = [{ text: '（例）昨年、このサイトで止めた不正ログインの9割は、漏れたパスワードを使ったものでした。', source: '二段ショップ 年次報告', source_url: 'https://example.com/report', as_of: '2026-04-01' }]
/** Its check symbol fits. */
const GOOD = '0'.repeat(16)

const keys = [passkey(), app(), sms()]
const ASKED = { '/v1/flow/ceremonies': ceremony }
/** The host asks for a passkey, and for nothing less. */
const NEEDED = { verification: { method_id: 'passkey', is_wanted: false, acr_needed: 'urn:nidan:acr:phishing-resistant', backup_codes_left: 0, trust_days: null, auto_send: false, recovery_url: 'https://example.com/recover', password_url: 'https://example.com/password' } }
const use = (answer) => async (at) => { device(answer); await at.go('passkey') }

const logins = [
  signIn('loading', all, waits, { '/v1/flow': never }),
  signIn('unavailable', all, async (at) => at.step('unavailable'), { '/v1/flow': down }),
  signIn('code', all, atCode),
  signIn('code-length', all, tries('12345')),
  signIn('code-wrong', all, tries('000000'), says('code_wrong', { attempts_left: 2 })),
  signIn('code-third', all, tries('222222'), says('code_wrong', { attempts_left: 0 })),
  signIn('code-used', all, tries('000000'), says('code_used')),
  signIn('code-unreachable', all, tries('000000'), { '/v1/flow/verification': down }),
  signIn('two-codes', [app({ state: 'two_codes' }), sms()], atCode),
  signIn('two-codes-wrong', [app({ state: 'two_codes' }), sms()], async (at) => { await atCode(at); await at.type('nidan-code', '000000'); await at.type('nidan-second-code', '111111'); await at.go('code'); await at.find(ERROR, 0) },
    says('code_wrong', { attempts_left: 6 })),
  signIn('resting', all, tries('000000'), says('method_resting', { retry_at: now() + 15 * HOUR }, 429)),
  signIn('suspended', all, tries('000000'), says('method_suspended', {}, 429)),
  signIn('held', all, tries('000000'), says('method_held', {}, 403)),
  signIn('sms', [sms(), app()], atCode),
  signIn('sms-code', [sms(), app()], sends, sent),
  signIn('sms-outage', [sms(), app()], sends, sent, { outage_notice: OUTAGE }),
  signIn('sms-help', [sms(), app()], async (at) => { await sends(at); await at.press('.nidan-tools button', -1); await at.find('.nidan-causes details', 0) }, sent),
  signIn('sms-wrong', [sms()], async (at) => { await sends(at); await at.type('nidan-code', '000000'); await at.go('code'); await at.find(ERROR, 0) }, { ...sent, ...says('code_wrong', { attempts_left: 3 }) }),
  signIn('sms-two', [sms({ state: 'two_codes' })], sends, { '/v1/flow/challenges': challenge({ codes: 2 }) }),
  signIn('sms-to-call', [sms()], async (at) => { await sends(at); await at.press('.nidan-tools button', 0); await at.find('.nidan-keys', 0) },
    { '/v1/flow/challenges': (count) => (count > 1 ? call({ id: 'call' }) : challenge()) }),
  signIn('sms-resting', [sms(), app()], async (at) => { await sends(at); await at.type('nidan-code', '000000'); await at.go('code'); await at.find(ERROR, 0) },
    { ...sent, ...says('method_resting', { retry_at: now() + 15 * HOUR }, 429) }),
  signIn('call', [voice()], atCode),
  signIn('call-digits', [voice()], sends, { '/v1/flow/challenges': call({ hint: '12', delivery: 'wrong_digits' }) }),
  signIn('call-code', [voice()], sends, { '/v1/flow/challenges': call({ hint: '12' }) }),
  signIn('passkey', keys, async (at) => at.step('passkey')),
  signIn('passkey-waits', keys, use(never), ASKED),
  signIn('passkey-cancelled', keys, async (at) => { await use(declined('NotAllowedError'))(at); await at.find('[role="status"]:not(:empty)', 0) }, ASKED),
  signIn('passkey-browser', keys, async (at) => { await use(declined('SecurityError'))(at); await at.find(ERROR, 0) }, ASKED),
  signIn('passkey-wrong', keys, async (at) => { await use(touched)(at); await at.find(ERROR, 0) }, { ...ASKED, ...says('passkey_wrong', { field: 'signature', attempts_left: 4 }) }),
  signIn('passkey-needed', [passkey()], async (at) => at.step('passkey'), {}, NEEDED),
  signIn('passkey-needed-browser', [passkey()], async (at) => at.step('passkey'), { '/v1/flow': () => { delete (/** @type {any} */ (globalThis).PublicKeyCredential); return login([passkey()], NEEDED) } }),
  signIn('ways-passkey', keys, async (at) => { await at.step('passkey'); await at.press('.nidan-aside button', 0); await at.step('ways') }),
  signIn('ways', [app(), sms({ state: 'held' }), voice({ state: 'resting', resting_until: now() + 15 * HOUR })], toWays),
  signIn('which-lost', all, toWhichLost),
  signIn('ways-lost', all, toLost),
  signIn('lost-stays', all, async (at) => { await toLost(at); await at.press('.nidan-ways button', -1); await at.step('backup'); await at.type('nidan-backup', GOOD); await at.go('backup'); await at.find(ERROR, 0) },
    says('last_method', {}, 409)),
  signIn('temporary', [], async (at) => at.step('temporary'), withCode([])),
  signIn('temporary-typo', [], temporary('K7QM-9XTR-2H'), withCode([])),
  signIn('temporary-wrong', [], temporary(GOOD), { ...withCode([]), ...says('code_wrong', { attempts_left: 4 }) }),
  signIn('temporary-over', [], temporary(GOOD), { ...withCode([]), ...says('code_expired') }),
  signIn('temporary-ways', [app()], async (at) => { await at.step('temporary'); await at.press('.nidan-aside button', 0); await at.step('ways') }, withCode([app()])),
  signIn('backup', all, toBackup),
  signIn('backup-typo', all, backup('K7QM-9XTR-2H')),
  signIn('backup-wrong', all, backup(GOOD), says('code_wrong', { attempts_left: 3 })),
  signIn('lost', [app()], async (at) => { await toWays(at); await at.press('.nidan-ways ~ button', 1); await at.step('lost') }),
  signIn('lost-slip', all, async (at) => { await tries('000000')(at); await at.press('.nidan-aside button', 0); await at.step('ways'); await at.press('.nidan-ways ~ button', 1); await at.step('lost'); at.press('summary', 0); await at.find('details button', 0) },
    says('code_wrong', { attempts_left: 2 }), { support_hours: HOURS }),
  signIn('report', all, async (at) => { await aside(1)(at); await at.step('report') }),
  signIn('reported', all, async (at) => { await aside(1)(at); await at.step('report'); await at.go('report'); await at.step('reported') }, { '/v1/flow/report': report([]) }),
  signIn('reported-login', all, async (at) => { await aside(1)(at); await at.step('report'); await at.go('report'); await at.step('reported') },
    { '/v1/flow/report': report([{ at: now() - HOUR, method: 'sms', client_description: 'Chrome, Windows' }, { at: now() - 9 * HOUR, method: 'totp' }]) }),
  signIn('reported-elsewhere', all, tries('000000', (at) => at.step('reported')), says('flow_reported', {}, 409)),
  signIn('few', all, async (at) => { await backup(GOOD)(at); await at.step('few') }, { '/v1/flow/verification': { outcome: 'verified', backup_codes_left: 2, result_code: 'r'.repeat(43) } }),
  signIn('expired', all, async (at) => at.step('expired'), { '/v1/flow': refused('flow_expired', {}, 401) }),
  signIn('spent', all, tries('000000', (at) => at.step('tries-spent')), says('too_many_attempts', {}, 429)),
  signIn('elsewhere', all, tries('000000', (at) => at.step('superseded')), says('flow_conflict', {}, 409)),
  signIn('misconfigured', all, async (at) => at.step('misconfigured'), { '/v1/flow': refused('origin_mismatch', {}, 403) }),
]

export const states = [...setUps, ...logins, ...managing, ...approving]
