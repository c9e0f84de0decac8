import { verifyDeliveryCommand } from './delivery/command.ts'
import { validateCommand } from './validate/command.ts'

const [command, ...args] = process.argv.slice(2)

process.exitCode = await (command === 'verify-delivery' ? verifyDeliveryCommand : validateCommand)(
  args,
)
