import { errors } from '#kernel'

export const err = errors('system', {
  invalidParams: [2, 'parameters are out of bounds'],
})
