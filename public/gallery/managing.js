// The page on which methods are managed, in every state.

import { SERVER_KEY, app, challenge, login, now, passkey, refused, sms, voice } from './service.js'

const DAY = 86_400
const ago = (days) => now() - days * DAY
const own = (method, changes) => ({ ...method, is_default: false, is_held_by_person: false, ...changes })
const METHODS = [
  own(app(), { created_at: ago(400), used_at: ago(2), tested_at: ago(30), is_default: true }), own(sms({ name: 'Work' }), { created_at: ago(200), used_at: ago(90) }), own(voice(), { created_at: ago(40) }),
]
const account = (changes = {}) => ({
  proved_at: now(), fresh_until: now() + 300, proved_by: 'app', methods: METHODS, backup_codes: { left: 8, made_at: ago(400) }, may: { add: ['totp', 'sms', 'voice'], pause: true, turn_off: true },
  policy: { required: false, min_methods: 1 }, health: ['check_up_due'], without_phone: ['voice', 'backup_code'], ...changes,
})
/** The page after a proof, with what a login begins with. */
const page = (changes = {}, more = {}) => {
  const has = account(changes)
  const { verification } = login(has.methods)
  return login(has.methods, { purpose: 'manage', intent: 'overview', verification: { ...verification, trust_days: null }, management: has, ...more })
}
const proof = (changes = {}) => page({}, { management: undefined, ...changes })
const BROWSERS = { browsers: [
  { id: 'b1', client_description: 'Safari, iPhone', created_at: ago(20), used_at: ago(1), expires_at: ago(-10) }, { id: 'b2', client_description: 'Chrome, Windows（大阪）', created_at: ago(12), used_at: ago(3), expires_at: ago(-18) },
], this_browser: 'b1' }
const line = (kind, days, changes) => ({ seq: 100 - days, at: ago(days), kind, client_description: 'Safari, iPhone', hash: '', ...changes })
const RECORD = { intact: true, before: 60, events: [
  line('proved', 0), line('verified', 1), line('code_wrong', 2, { client_description: 'Chrome, Windows（大阪）' }), line('method_added', 5), line('paused', 9, { client_description: undefined }), line('trusted_browser_used', 12),
] }

const manage = (name, walk, answers = {}) => ({ name: `manage-${name}`, purpose: 'manage', walk, answers: { '/v1/flow': () => page(), ...answers } })
const at = (step) => async (on) => on.step(step)
const toMethod = (nth) => async (on) => { await on.step('overview'); await on.press('.nidan-ways button', nth); await on.step('method-detail') }
const choice = (nth, which, step) => async (on) => { await toMethod(nth)(on); await on.press('.nidan-ways button', which); await on.step(step) }
const toAside = (nth, step) => async (on) => { await on.step('overview'); await on.press('.nidan-aside button', nth); await on.step(step) }
const does = (walk, step) => async (on) => { await walk(on); await on.press('.nidan-actions button', 0); if (step) await on.step(step) }
const ERROR = '.nidan-error:not(:empty)'

/** The set-up in this page's place. */
const opened = { '/v1/flow/setups': { setup_id: 'AAAAAAAAAAAAAAAAAAAAAA', server_public_key: SERVER_KEY } }
const toAdd = async (on) => { await on.step('overview'); await on.press('.nidan-tools button', 0); await on.step('add') }
const toSetUp = (nth, step) => async (on) => { await toAdd(on); await on.press('.nidan-ways button', nth); await on.step(step) }
const toNewCodes = async (on) => { await on.step('overview'); await on.press('.nidan-tools button', 1); await on.step('new-codes') }
const toCodes = async (on) => { await does(toNewCodes)(on); await on.step('save-codes') }
const ticking = { '/v1/flow': () => page({}, { policy: { methods: ['totp', 'sms', 'voice'], backup_gate: 'tick' } }), ...opened }

export const managing = [
  manage('proof', at('code'), { '/v1/flow': () => proof() }),
  manage('proof-sms', async (on) => { await on.step('code'); await on.go('code'); await on.find('.nidan-code', 0) }, { '/v1/flow': () => proof({ methods: [sms()], verification: { ...login([sms()]).verification, trust_days: null } }), '/v1/flow/challenges': challenge() }),
  manage('proof-passkey', at('passkey'), { '/v1/flow': () => proof({ methods: [passkey(), app()], verification: { ...login([passkey()]).verification, trust_days: null } }) }),
  manage('overview', at('overview')),
  manage('overview-alone', at('overview'), { '/v1/flow': () => page({ methods: METHODS.slice(0, 1), without_phone: [], backup_codes: { left: 0 } }) }),
  manage('paused', at('overview'), { '/v1/flow': () => page({ paused_until: ago(-2), may: { add: [], pause: false, turn_off: true } }) }),
  manage('method', toMethod(0)),
  manage('method-new', toMethod(1), { '/v1/flow': () => page({ methods: [METHODS[0], { ...METHODS[2], cooling_until: ago(-1) }, { ...METHODS[1], retires_at: ago(-1) }] }) }),
  manage('method-passkey', toMethod(1), { '/v1/flow': () => page({ methods: [METHODS[0], own(passkey({ name: 'Laptop' }), { created_at: ago(20), used_at: ago(1) })] }) }),
  manage('name', choice(1, 2, 'name')),
  manage('name-wrong', async (on) => { await choice(1, 2, 'name')(on); await on.type('nidan-name', '<b>tablet</b>'); await on.press('[type="submit"]', 0); await on.find(ERROR, 0) }),
  manage('add', toAdd),
  manage('add-app', toSetUp(0, 'get-app'), opened),
  manage('add-number', toSetUp(1, 'number'), opened),
  manage('add-proof', toSetUp(0, 'code'), { '/v1/flow/setups': refused('reauth_required', { max_age_s: 300 }, 403) }),
  manage('add-limit', async (on) => { await toSetUp(0, 'overview')(on); await on.find(ERROR, 0) }, { '/v1/flow/setups': refused('method_limit', {}, 409) }),
  manage('replace', choice(0, 1, 'replace')),
  manage('new-codes', toNewCodes),
  manage('codes', toCodes, ticking),
  manage('codes-done', async (on) => {
    await toCodes(on)
    await on.press('[type="checkbox"]', 0)
    await on.press('[part~="button-main"]', 0)
    await on.find('.nidan-advice', 0)
  }, { ...ticking, '/v1/flow/setups/': () => page({ backup_codes: { left: 10, made_at: now() } }) }),
  manage('check-up', toAside(0, 'check-up')),
  manage('which-lost', at('which-lost'), { '/v1/flow': () => page({}, { intent: 'lost' }) }),
  manage('test', choice(0, 0, 'code')),
  manage('remove', choice(1, 5, 'remove')),
  manage('remove-last', async (on) => { await does(choice(1, 5, 'remove'))(on); await on.find(ERROR, 0) }, { '/v1/flow/methods/sms/remove': refused('last_method', {}, 409) }),
  manage('remove-proof', does(choice(0, 5, 'remove'), 'code'), { '/v1/flow/methods/app/remove': refused('reauth_required', { max_age_s: 300 }, 403) }),
  manage('lost', choice(0, 4, 'take-out')),
  manage('held', does(choice(1, 4, 'take-out'), 'overview'), { '/v1/flow/methods/sms/hold': () => page({ methods: [METHODS[0], { ...METHODS[1], state: 'held', is_held_by_person: true }, METHODS[2]] }) }),
  manage('pause', toAside(3, 'pause')),
  manage('pause-length', async (on) => { await toAside(3, 'pause')(on); await on.press('.nidan-ways button', 2); await on.step('pause-length') }),
  manage('turn-off', toAside(4, 'turn-off')),
  manage('off-code', does(toAside(4, 'turn-off'), 'code')),
  manage('browsers', async (on) => { await toAside(1, 'browsers')(on); await on.find('.nidan-rows button', 0) }, { '/v1/flow/trusted_browsers': BROWSERS }),
  manage('record', async (on) => { await toAside(2, 'record')(on); await on.find('.nidan-rows > div', 5) }, { '/v1/flow/record': RECORD }),
]
