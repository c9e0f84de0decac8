import { createReadStream } from 'node:fs'

import { z } from 'zod'

import type { Files, StoredFile } from '../../command/command.ts'
import { absent, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byFile = z.object({ file_id: z.string().min(1).max(128) })

/** Reports of the agents' team and the plans made of them, each its owner's alone. */
export function addReportRoutes({ app, parts, user }: Http): void {
  const { files, plans } = parts

  app.get('/api/reports/:file_id', async (request, reply) => {
    const { userId } = await user(request, 'files:read')
    const asked = await files.find(userId, parse(byFile, request.params).file_id)
    if (asked?.origin !== 'report') throw absent('report')
    if (wantsPage(request.headers.accept)) {
      const { publicUrl, webUrl, basePath } = parts.addresses()
      // The page is below this address, unless the web app has one of its own.
      const web = webUrl === publicUrl ? basePath : webUrl
      return reply
        .header('vary', 'accept')
        .header('cache-control', 'private, no-store')
        .redirect(`${web}/reports/${asked.fileId}`, 303)
    }
    const wanted = wantsJson(request.headers.accept) ? 'application/json' : 'text/markdown'
    const file = await alsoAs(files, asked, wanted)
    if (!file) throw absent('report')
    return reply
      .header('content-type', `${wanted}; charset=utf-8`)
      .header('vary', 'accept')
      .header('cache-control', 'private, no-store')
      .header('content-disposition', `inline; filename="${file.name}"`)
      .header('content-security-policy', "default-src 'none'; sandbox")
      .send(createReadStream(files.pathOf(file)))
  })

  app.get('/api/plans', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const found = await plans.list(userId)
    return {
      plans: found.map((plan) => ({
        plan_id: plan.planId,
        thread_id: plan.threadId,
        thread_title: plan.threadTitle,
        run_id: plan.runId,
        report_id: plan.reportId,
        title: plan.title,
        changes: plan.changes,
        period: plan.period,
        steps: plan.steps,
        adopted_by: userId,
        adopted_at: plan.adoptedAt,
      })),
    }
  })
}

const wantsJson = (accept: string | undefined): boolean =>
  /\bapplication\/json\b/.test(accept ?? '')

/** Of a browser that was given the address itself, as in a chat or a mail. */
const wantsPage = (accept = ''): boolean => /\btext\/html\b/.test(accept) && !wantsJson(accept)

/** A report is stored twice under one name: as Markdown and as JSON. */
async function alsoAs(
  files: Files,
  asked: StoredFile,
  mediaType: string,
): Promise<StoredFile | undefined> {
  if (asked.mediaType === mediaType) return asked
  const name = stem(asked)
  const mine = await files.list(asked.userId)
  return mine.find(
    (file) => file.origin === 'report' && file.mediaType === mediaType && stem(file) === name,
  )
}

const stem = ({ name }: StoredFile): string => name.replace(/\.\w+$/, '')
