import '@/style/base'
