import DefaultTheme from 'vitepress/theme'
import { wordsOf } from '../words.ts'
import './guide.css'

export default {
  extends: DefaultTheme,
  // The same cutting of words as when the index was built; a function cannot travel in the site's data, because its
  // text would have to be evaluated, which the pages' policy forbids.
  enhanceApp({ siteData }) {
    siteData.value.themeConfig.search.options.miniSearch = { options: { tokenize: wordsOf } }
  },
}
