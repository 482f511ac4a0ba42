import type { Texts } from './index'

const texts: Texts = {
  staff: { straight: '直接见面' },
  board: {
    title: '值班大屏 · 云见面', heading: '云见面　值班大屏', language: 'English', theme: { title: '颜色：{choice}', system: '跟随系统', light: '浅色', dark: '深色' }, leave: '退出登录', opening: '正在打开，请稍等。', today: '今天', none: '—',
    age: { seconds: '{n} 秒前', minutes: '{n} 分钟前', hours: '{n} 小时前' },
    fresh: { live: '数据 {age}', late: '数据慢了，停在 {age}', lost: '数据停在 {age}，正在重连' },
    tile: {
      waiting: '等待人数', longest: '最长等待', level: '{n} 秒接通率', p90: '九成人等待', seats: '座席', on_duty: '人在岗', online: '站点在线', cases: '今天办件',
      stuck: '有空座席', ringing: '振铃 {n}', nobody: '没有人等', target: '目标 {target}，{n}/{of}', p90_of: '以内，{n} 次', calls: '路通话', faults: '告警 {fault}，离线 {offline}',
      forecast: '预计等候说准了', covered: '{covered}/{of}（P80）',
      first: '一次过审 {pct} %，{n}/{of}', pages: '收到材料 {n} 页',
    },
    seat: { free: '空闲', busy: '通话', tidy: '整理', gone: '离开' },
    case: { accepted: '受理', finished: '办结', relayed: '转助办' },
    waiting: { title: '排队', tick: '竖线是 {n} 秒', empty: '现在没有人排队', ringing: '振铃中', elder: '优先', specialist: '专员', rest: '还有 {n} 位', fewer: '收起', due: '{kind} {time}' },
    third: { consult: '在被咨询　{station}', third: '第三方　{station}' },
    priority: { 0: '普通', 1: '优先', 2: '更优先', 3: '最优先' },
    ticket: {
      open: '{number}：为什么还在等，能做什么', label: '能做什么', tab: { why: '为什么', assign: '指派', priority: '改优先', message: '发消息' }, to: '指派给就绪的座席', nobody: '现在没有就绪的座席。', priority: '现在是「{now}」。改了就改位置。', reason: '原因（会记下来）',
      lack: { agent: '先选座席', reason: '先写原因', priority: '先选别的优先', text: '先写一句' }, act: { assign: '指派给他', priority: '改优先', message: '发到屏幕上' }, done: { assign: '已指派，正在振铃。', priority: '已改优先，位置变了。', message: '已发到居民屏幕上。' },
    },
    message: { open: '发给所有等的人', title: '发给所有等的人', lead: '现在 {n} 位', all: '写一句，显示在每个等着的屏幕上，最多 120 字', one: '写一句，显示在{station}的屏幕上，最多 120 字' },
    scheduled: { title: '今天的回电和预约', count: '今天 {n}，一共 {of}', none: '今天没有了。' },
    formula: {
      title: '这些数怎么算', level: { name: '{n} 秒接通率', is: '{n} 秒内接听的 ÷（接听的 ＋ 放弃的 － 很快放弃的）', raw: '{in} ÷（{answered} ＋ {abandoned} － {short}）' },
      p90: { name: '九成人等待', is: '接听前的等待从短到长排，第九成那一位等了多久', raw: '{of} 次接听' },
      forecast: { name: '预计等候说准了', is: '告诉过居民「几分到几分」的，在上限（P80）以内接听的 ÷ 接听的。说得准时应是 80 %。先走了的不算。', raw: '{covered} ÷ {of}，另有 {left} 位先走了' },
    },
    col: { number: '号', station: '站点', matter: '事项', waited: '已等', note: '说明' },
    chart: { title: '每分钟', unit: '人数，{from} 起', calls: '通话 {n}', waiting: '等待 {n}', label: '每分钟通话与等待人数，{from} 到 {to}，现在通话 {calls}，等待 {waiting}' },
    stations: { title: '{n} 个站点', online: '{n}/{of} 在线' },
    trouble: { only: '有故障 {n}', none: '没有故障', title: '有故障的站点' },
    detail: { specialist: '专员 {name}', part: '设备', level: '情况', value: '读数', age: '检查于', stale: '检查过去很久了，现在可能不一样。', close: '关闭' },
    grid: { north: '北网格', middle: '中网格', south: '南网格' },
    state: { idle: '空闲', waiting: '排队', call: '通话', fault: '告警', offline: '离线', closed: '不开' },
    cell: { waiting: '排队 {time}', call: '通话 {time}', offline: '离线 {time}', never: '没有上线', help: '在叫专员' },
    fault: { camera_denied: '摄像头没允许', camera_missing: '没有摄像头', mic_missing: '没有麦克风', document_camera_missing: '没有高拍仪' },
    seats: { title: '座席', since: '状态已多久', empty: '还没有人登录' },
    seat_state: { offline: '未就绪', ready: '就绪', offer: '振铃', call: '通话', wrapup: '话后处理', rona: '未接暂停', away: '离开', lost: '断线' },
    reason: { break: '小休', lunch: '午餐', meeting: '会议', training: '培训', counter: '窗口接待', wrapup_over: '小结超时' },
    login: { user: '工号', password: '密码', submit: '登录', busy: '正在登录', forbidden: '这个账号不能看大屏，请用督导的账号。' },
  },
}
export default texts
