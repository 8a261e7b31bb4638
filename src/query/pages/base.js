// What the scripts of all pages have in common.

export const byId = (id) => document.getElementById(id)

/** Makes an element; text is only ever set as text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value
    else element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}
