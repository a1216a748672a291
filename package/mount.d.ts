/** The element by a function call, for applications. Importing this module defines the element as well. */

import type {
  NidanCancelEvent, NidanChangedDetail, NidanChangedEvent, NidanCompleteDetail, NidanCompleteEvent, NidanErrorDetail, NidanErrorEvent, NidanExpiredEvent, NidanFlowElement, NidanLocale,
  NidanMessages, NidanPurpose, NidanReadyEvent, NidanReportedEvent, NidanRestartEvent, NidanStepDetail, NidanStepEvent,
} from './nidan-flow.js'

/** As the element's properties. */
export interface NidanOptions {
  service: string
  flowToken: string
  purpose?: NidanPurpose
  locale?: NidanLocale
  completeUrl?: string
  phoneUrl?: string
  manualSubmit?: boolean
  dom?: 'light' | 'shadow'
  loading?: 'eager' | 'lazy'
  messages?: NidanMessages
}

/** Each gets the event's `detail` and the event, which it may cancel. */
export interface NidanCallbacks {
  onReady?: (detail: NidanStepDetail, event: NidanReadyEvent) => void
  onStep?: (detail: NidanStepDetail, event: NidanStepEvent) => void
  onComplete?: (detail: NidanCompleteDetail, event: NidanCompleteEvent) => void
  onCancel?: (detail: null, event: NidanCancelEvent) => void
  onExpired?: (detail: null, event: NidanExpiredEvent) => void
  onChanged?: (detail: NidanChangedDetail, event: NidanChangedEvent) => void
  onReported?: (detail: null, event: NidanReportedEvent) => void
  onRestart?: (detail: null, event: NidanRestartEvent) => void
  onError?: (detail: NidanErrorDetail, event: NidanErrorEvent) => void
}

/** A widget on a page. */
export interface NidanWidget {
  readonly element: NidanFlowElement
  start(): void
  cancel(): boolean
  focusFirst(): boolean
  /** Off the page, and every callback with it. */
  unmount(): void
}

/**
 * Puts a `<nidan-flow>` at the end of `parent`.
 *
 * @throws TypeError that names the option or callback that there is not, or that has another type, and what is allowed.
 */
export function mount(parent: Element, options: NidanOptions, callbacks?: NidanCallbacks): NidanWidget
