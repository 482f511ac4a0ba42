import type { Texts } from './index'

const texts: Texts = {
  check: {
    title: '设备自检', line: '{part}：{words}', none: '没有自检', never: '从没上线', at: '{age}检查', old: '{age}检查，久了',
    level: { green: '正常', amber: '要留意', red: '有故障' },
    part: { camera: '摄像头', document: '高拍仪', microphone: '麦克风', speaker: '喇叭', printer: '打印机', network: '网络', media: '视频通路', clock: '时钟' },
    value: { camera: '亮度 {n}', document: '宽 {n} 像素', microphone: '音量 {n} dB', speaker: '{n} 个', network: '来回 {n} 毫秒', clock: '差 {n} 秒' },
    detail: {
      missing: '没有找到', denied: '没有允许', insecure: '页面不安全，用不了', black: '画面是黑的', small: '像素太少', silent: '没有声音', udp: 'UDP', tcp: '走 TCP，会慢一点', relay: '走中转，会慢一点', slow: '慢', skewed: '不准', paper_out: '缺纸', jammed: '卡纸', offline: '没有连上', toner_low: '墨粉少', fine: '正常', unknown: '不清楚',
    },
  },
  kind: { call: '来电', callback: '回电', booking: '预约', prereview: '预审' },
  family: {
    social_security: '社保', medical_insurance: '医保', civil_affairs: '民政', archive_other: '档案和其他', housing: '住房', residence: '居住证', long_term_care: '长护险', health: '卫生健康', disabled: '残疾人', family_planning_support: '计生扶助',
  },
  why: {
    you: '您', title: '为什么是我', title_of: '为什么给{name}', label: '为什么', reason: '{title}：{rule}', history: '看每一次', and: '、', colon: '{what}：{names}',
    short: { own: '包联', backup: '后备包联', transferred: '同事转来', longest_idle: '空得最久', assigned: '值班长指派', pulled: '自己接的' },
    rule: {
      own: '{who}包联这个村，所以先打给{who}。', backup: '{who}是这个村的后备包联，包联的同事接不了。', transferred: '同事把这个电话转给了{who}。', longest_idle: '能接的座席里，{who}空得最久。',
      assigned: '值班长把这个电话指派给了{who}。', pulled: '{who}自己从队列里接的。',
    },
    waited: '居民当时等了 {time}。', need: '要会办：{names}。', need_none: '这件事谁都可以接。', step: '等得久了，要求放宽过 {n} 次。',
    others: '没有打给别人，是因为', alone: '当时没有别的座席在。', ahead: '排在前面、这次没有给{who}的', ahead_none: '前面没有人排队。', ahead_more: '前面一共 {n} 位，这里列出最前面的。',
    agent: {
      idle_later: '空得没有那么久', not_asked: '空着，但这次先问{who}', skills: '不办这类业务', excluded: '刚才拒接了', offer: '正在振铃', call: '正在通话', wrapup: '在写小结', rona: '未接暂停', away: '离开座席', lost: '断线', offline: '没有就绪',
    },
    ticket: {
      hours: '不到接待时间', held: '先留给包联的座席', lost: '村里断线', skills: '{who}不办这类业务', excluded: '{who}刚才拒接过', own: '{who}先接自己包联的村', backup: '{who}先接后备包联的村', transferred: '先接同事转来的', longest_idle: '可以接，但这次没有轮到', assigned: '值班长指派了后面这一位', pulled: '{who}自己挑了后面这一位',
    },
    gone: '一位已经走了的居民',
    result: { ringing: '正在振铃', accepted: '接了', declined: '拒接了', rona: '没有接', undelivered: '没有送到，不算座席的', withdrawn: '收回了' },
    entry: '{time}　给{name}，{result}', empty: '还没有派给过谁。', loading: '正在找，请稍等。', refused: '没有找到，可能已经办完了。', failed: '没有取到：{what}{do}', again: '再试一次',
  },
  stands: {
    offline: { what: '这位座席没有就绪。', do: '请换一位，或者等他就绪。' }, ready: { what: '座席是就绪的，不能做这一步。', do: '请看最新的画面。' }, offer: { what: '这位座席正在振铃。', do: '请等这个电话有结果再试。' }, call: { what: '这位座席正在通话。', do: '请换一位，或者等通话结束。' },
    wrapup: { what: '这位座席还在写小结。', do: '写完再试，或者换一位。' }, rona: { what: '这位座席未接暂停了。', do: '点过「就绪」才行，或者换一位。' }, away: { what: '这位座席现在离开。', do: '回到「就绪」才行，或者换一位。' }, lost: { what: '对方断线了。', do: '请等他连上，或者换一位。' },
    hours: { what: '那时不是接待时间。', do: '请换一个时间。' }, skills: { what: '这位座席不办这类业务。', do: '请换会办的座席。' }, reviews: { what: '手上的预审已经满了。', do: '先办完或退回一件。' }, third: { what: '已经请了一位。', do: '先结束那一位，再请别人。' },
    held: { what: '通话正暂停着。', do: '先继续通话，再做这一步。' }, scheduled: { what: '还没有到约定的时间。', do: '到时间会自己排上。' },
  },
}
export default texts
