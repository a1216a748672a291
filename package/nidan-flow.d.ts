/**
 * Two-step verification that any login page can embed: the element `<nidan-flow>`.
 *
 * Importing this module defines the element. It loads its own files from the folder that it came from, and from nowhere else.
 */

/** What a flow is for: `verify` is a login, `enroll` a set-up. */
export type NidanPurpose = 'verify' | 'enroll'

/** The languages that there are catalogues for. */
export type NidanLocale = 'en' | 'ja'

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
  /** The last digit of a code does not send it. */
  'manual-submit'?: ''
}

/** `detail` of `nidan-complete`. */
export interface NidanCompleteDetail {
  /** Goes to your back end, which redeems it within 60 seconds, once. It proves nothing by itself. */
  readonly resultCode: string
  /** `verified` after a login, `enrolled` after a set-up. */
  readonly outcome: 'verified' | 'enrolled'
}

/** The flow is complete. Cancel the event to keep the form from being posted to `complete-url`. */
export type NidanCompleteEvent = CustomEvent<NidanCompleteDetail>

/** The person wants a fresh flow. Cancel the event and set a new `flow-token`; else the page reloads. */
export type NidanRestartEvent = CustomEvent<null>

declare global {
  interface HTMLElementTagNameMap {
    'nidan-flow': HTMLElement
  }
  interface HTMLElementEventMap {
    'nidan-complete': NidanCompleteEvent
    'nidan-restart': NidanRestartEvent
  }
}
