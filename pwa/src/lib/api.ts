// Calls to the office: JSON in and out, the CSRF header, and refusals as `Problem` (RFC 9457).
import { desk } from './desk.ts'

/** A refusal by the office, or `network` when it was not reached. `status` 0 = no answer. */
export class Problem extends Error {
  readonly status: number
  /** Stable ascii code, the last part of the problem's `type`. */
  readonly code: string
  readonly body: ProblemBody
  /** Seconds to wait before asking again, when the office said so. */
  readonly retryAfter: number | null

  constructor(status: number, body: ProblemBody, retryAfter: number | null = null) {
    super(body.title ?? body.detail ?? `HTTP ${status}`)
    this.name = 'Problem'
    this.status = status
    this.body = body
    this.code = codeOf(body)
    this.retryAfter = retryAfter
  }

  /** True when nothing answered: the request may or may not have been carried out. */
  get offline(): boolean {
    return this.status === 0
  }
}

export interface ProblemBody {
  type?: string
  title?: string
  status?: number
  detail?: string
  pointer?: string
  code?: string
  [number: string]: unknown
}

/** `urn:app:credit-exceeded` or `https://.../credit-exceeded` -> `credit-exceeded`. */
export function codeOf(body: ProblemBody): string {
  return body.code ?? /([^/:#]+)$/.exec(body.type ?? '')?.[1] ?? 'unknown'
}

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'HEAD'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Milliseconds until the call counts as unreached. */
  timeout?: number
  /** Lets a background call outlive the page. */
  keepalive?: boolean
}

export const API = '/api/v1'

const unreached = (reason: unknown): Problem => new Problem(0, { type: 'urn:app:network', title: String(reason) })

/** What an answer carries. A line that dies, or a question given up, half way through counts as unreached too. */
export async function read<T>(body: Promise<T>): Promise<T> {
  return body.catch((reason: unknown) => { throw unreached(reason) })
}

/** The raw answer; throws `Problem` on a refusal or when nothing answered. 304 is returned, not thrown. */
export async function call(path: string, options: Call = {}): Promise<Response> {
  const method = options.method ?? 'GET'
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers }
  let body: BodyInit | undefined
  if (options.body instanceof ArrayBuffer || options.body instanceof Uint8Array || options.body instanceof Blob) body = options.body as BodyInit
  else if (options.body !== undefined) {
    body = JSON.stringify(options.body)
    headers['Content-Type'] = 'application/json'
  }
  if (method !== 'GET' && method !== 'HEAD') {
    const csrf = (await desk.session())?.me.csrf
    if (csrf) headers['X-Tuyen-CSRF'] = csrf
  }
  const signals = [AbortSignal.timeout(options.timeout ?? 30_000), ...(options.signal ? [options.signal] : [])]
  let answer: Response
  try {
    answer = await fetch(path.startsWith('/') ? path : `${API}/${path}`, {
      method,
      headers,
      body,
      credentials: 'same-origin',
      signal: AbortSignal.any(signals),
      ...(options.keepalive ? { keepalive: true } : {}),
    })
  } catch (reason) {
    throw unreached(reason)
  }
  if (answer.ok || answer.status === 304) return answer
  // The office waited for the rest of what we said, in vain: the line fell silent in one direction.
  if (answer.status === 408) throw unreached(408)
  const wait = Number(answer.headers.get('Retry-After'))
  let said: ProblemBody
  try {
    said = (await answer.json()) as ProblemBody
  } catch {
    said = { title: `HTTP ${answer.status}` }
  }
  throw new Problem(answer.status, said, Number.isFinite(wait) && wait > 0 ? wait : null)
}

/** The JSON answer of a call. */
export async function json<T>(path: string, options?: Call): Promise<T> {
  const answer = await call(path, options)
  return (answer.status === 204 ? undefined : await read(answer.json())) as T
}
