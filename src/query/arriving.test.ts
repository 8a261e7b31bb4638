import { expect, test } from 'vitest'
import { Arriving } from './arriving.ts'

function request(name: string, refused: string[]) {
  return { bytes: 0, refuse: () => void refused.push(name) }
}

test('where memory is not enough the largest request gives way, not the one that comes last', () => {
  const refused: string[] = []
  const arriving = new Arriving(100)
  const [large, small, late] = ['large', 'small', 'late'].map((name) => request(name, refused))
  arriving.keep(small!, 10)
  arriving.keep(large!, 60)
  // 10 + 60 + 30 = 100: just enough
  arriving.keep(late!, 30)
  expect(refused).toEqual([])
  arriving.keep(late!, 31)
  expect(refused).toEqual(['large'])
  // 10 + 31 + 59 = 100
  arriving.keep(request('next', refused), 59)
  expect(refused).toEqual(['large'])
})

test('a request that alone takes more than there is gives way itself', () => {
  const refused: string[] = []
  const arriving = new Arriving(100)
  arriving.keep(request('small', refused), 10)
  arriving.keep(request('huge', refused), 101)
  expect(refused).toEqual(['huge'])
})

test('one that is dropped, even twice, leaves its memory to others', () => {
  const refused: string[] = []
  const arriving = new Arriving(100)
  const first = request('first', refused)
  arriving.keep(first, 100)
  arriving.drop(first)
  arriving.drop(first)
  arriving.keep(request('second', refused), 100)
  expect(refused).toEqual([])
  arriving.keep(request('third', refused), 1)
  expect(refused).toEqual(['second'])
})
