/**
 * Two-step verification that any login page can embed: the element `<nidan-flow>`.
 *
 * Importing this module defines the element. It loads its own files from the folder that it came from, and from nowhere else.
 */

/**
 * What a flow is for: `verify` is a login, `enroll` a set-up, `manage` the page on which people change what they have, `approve`
 * the place where a trusted browser shows the code of a login elsewhere.
 */
export type NidanPurpose = 'verify' | 'enroll' | 'manage' | 'approve'

/** The languages that there are catalogues for (BCP 47). A tag that begins with one of them is taken too. */
export type NidanLocale = 'en' | 'ja' | 'zh-Hans' | 'zh-Hant' | 'ko' | 'es' | 'fr' | 'de' | 'pt-BR' | 'vi' | 'ar'

/** Words of the host's own, by the keys of the catalogue (`locales/keys.json`). Places in braces are filled in. */
export type NidanMessages = Readonly<Record<string, string>>

/** The attributes of `<nidan-flow>`. */
export interface NidanFlowAttributes {
  /** URL of the service, as the browser reaches it. */
  service: string
  /** `flow_token` of the answer to `POST /v1/flows`. A new one begins anew. */
  'flow-token': string
  /** Without it the service is asked, which costs a round trip before the first screen. */
  purpose?: NidanPurpose
  /** Without it: the page's `lang`, then the browser's languages. */
  locale?: NidanLocale
  /** Where `result_code` is posted by a form; leave it out when a script takes the event. */
  'complete-url'?: string
  /** Where a set-up goes on on a phone, after the same login there; `none`: nowhere. Without it: this page, where it has no query and no fragment. */
  'phone-url'?: string
  /** The last digit of a code does not send it. */
  'manual-submit'?: ''
  /** `shadow`: a tree of its own for all but the fields, which password managers must find. */
  dom?: 'light' | 'shadow'
  /** `lazy`: nothing is fetched until the element comes near the window. */
  loading?: 'eager' | 'lazy'
}

/** The element. Every attribute is a property too, in camel case. */
export interface NidanFlowElement extends HTMLElement {
  service: string | null
  flowToken: string | null
  purpose: NidanPurpose | null
  locale: string | null
  completeUrl: string | null
  phoneUrl: string | null
  manualSubmit: boolean
  dom: 'light' | 'shadow' | null
  loading: 'eager' | 'lazy' | null
  /** Read when the element begins. A `<script type="application/json">` inside of the element says the same in markup. */
  messages: NidanMessages | undefined
  /** Begins (anew) now, also where a lazy element waits. */
  start(): void
  /** Takes the widget off and brings the element's own children back; false where a listener of `nidan-cancel` prevented it. */
  cancel(): boolean
  /** Puts the focus where the person goes on; false where there is nothing yet. */
  focusFirst(): boolean
}

/** A screen by its name. */
export type NidanStep =
  | 'unavailable' | 'completed' | 'expired' | 'superseded' | 'on-phone' | 'misconfigured'
  | 'start' | 'to-phone' | 'method' | 'get-app' | 'add-account' | 'confirm' | 'number' | 'phone-code' | 'phone-help' | 'another' | 'save-codes' | 'posting' | 'done' | 'already-on'
  | 'code' | 'backup' | 'ways' | 'lost' | 'report' | 'reported' | 'few' | 'tries-spent'
  | 'overview' | 'method-detail' | 'name' | 'remove' | 'take-out' | 'which-lost' | 'add' | 'replace' | 'new-codes' | 'adding' | 'check-up' | 'pause' | 'pause-length' | 'turn-off' | 'browsers' | 'record'

/** `detail` of `nidan-ready` and `nidan-step`. */
export interface NidanStepDetail {
  readonly step: NidanStep
}

/** `detail` of `nidan-complete`. */
export interface NidanCompleteDetail {
  /** Goes to your back end, which redeems it within 60 seconds, once. It proves nothing by itself. */
  readonly resultCode: string
  /** `verified` after a login, `enrolled` after a set-up, `managed` after a change. */
  readonly outcome: 'verified' | 'enrolled' | 'skipped' | 'managed'
}

/** `detail` of `nidan-changed`. */
export interface NidanChangedDetail {
  /** The kind of change, and nothing of what was changed. */
  readonly change: 'added' | 'replaced' | 'codes' | 'named' | 'default' | 'removed' | 'held' | 'released' | 'paused' | 'resumed' | 'turned_off' | 'trust_ended'
}

/** `detail` of `nidan-error`. But for `option`, the element's own children have come back. */
export interface NidanErrorDetail {
  /**
   * `option`: an attribute, or a key of `messages`, that cannot work; `blocked`: the page's policy forbids WebAssembly;
   * `not-loaded`: a file did not come, came too late, or is not the one that it should be; `broken`: a defect of ours;
   * `insecure`: a set-up on a page that came neither by HTTPS nor from localhost.
   */
  readonly reason: 'option' | 'blocked' | 'not-loaded' | 'broken' | 'insecure'
  /** For developers, in English. */
  readonly message: string
  /** The attribute or key, where `reason` is `option`. */
  readonly option?: string
  /** What it takes: words to choose from, or what it must be. */
  readonly allowed?: string | readonly string[]
}

/** The first screen is shown. */
export type NidanReadyEvent = CustomEvent<NidanStepDetail>
/** Another screen is shown. */
export type NidanStepEvent = CustomEvent<NidanStepDetail>
/** The flow is complete. Cancel the event to keep the form from being posted to `complete-url`. */
export type NidanCompleteEvent = CustomEvent<NidanCompleteDetail>
/** `cancel()` was called. Cancel the event to keep the widget where it is. */
export type NidanCancelEvent = CustomEvent<null>
/** The time of the flow is over. */
export type NidanExpiredEvent = CustomEvent<null>
/** The person changed something. Your back end hears of it by notices, and by the result when the page is closed. */
export type NidanChangedEvent = CustomEvent<NidanChangedDetail>
/** The person reported that this sign-in is not theirs, and every login that was under way is stopped. */
export type NidanReportedEvent = CustomEvent<null>
/** The person wants a fresh flow. Cancel the event and set a new `flow-token`; else the page reloads. */
export type NidanRestartEvent = CustomEvent<null>
/** Something cannot work, and why. */
export type NidanErrorEvent = CustomEvent<NidanErrorDetail>

declare global {
  interface HTMLElementTagNameMap {
    'nidan-flow': NidanFlowElement
  }
  interface HTMLElementEventMap {
    'nidan-ready': NidanReadyEvent
    'nidan-step': NidanStepEvent
    'nidan-complete': NidanCompleteEvent
    'nidan-cancel': NidanCancelEvent
    'nidan-expired': NidanExpiredEvent
    'nidan-changed': NidanChangedEvent
    'nidan-reported': NidanReportedEvent
    'nidan-restart': NidanRestartEvent
    'nidan-error': NidanErrorEvent
  }
}
