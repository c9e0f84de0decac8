import { apiErrorOf, unreachableError, type ApiError } from './api-error.ts'

export interface UploadProgress {
  sent: number
  total: number
}

export interface UploadRequest {
  url: string
  form: FormData
  headers: Record<string, string>
  onProgress: (progress: UploadProgress) => void
  signal: AbortSignal | undefined
}

/** Only a browser's XMLHttpRequest tells how much of a request has left. */
export const canReportProgress = (): boolean => typeof XMLHttpRequest !== 'undefined'

/** @throws ApiError when the answer is not 2xx; the signal's reason when aborted. */
export function uploadWithProgress(request: UploadRequest): Promise<string> {
  return new Promise((resolve, reject: (error: ApiError | DOMException) => void) => {
    const { url, form, headers, onProgress, signal } = request
    const http = new XMLHttpRequest()
    const abort = (): void => http.abort()
    const end = (): void => signal?.removeEventListener('abort', abort)
    http.open('POST', url)
    http.withCredentials = true
    for (const [name, value] of Object.entries(headers)) http.setRequestHeader(name, value)
    http.upload.addEventListener('progress', (event) =>
      onProgress({ sent: event.loaded, total: event.total }),
    )
    http.addEventListener('load', () => {
      end()
      if (http.status >= 200 && http.status < 300) return resolve(http.responseText)
      reject(apiErrorOf(http.status, http.responseText, http.getResponseHeader('retry-after')))
    })
    http.addEventListener('error', (event) => {
      end()
      reject(unreachableError(event))
    })
    http.addEventListener('abort', () => {
      end()
      reject(new DOMException('The upload was stopped.', 'AbortError'))
    })
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    else http.send(form)
  })
}
