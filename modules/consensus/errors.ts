import { errors } from '#kernel'

export const err = errors('consensus', {
  invalidParams: [2, 'consensus parameters are invalid'],
})
